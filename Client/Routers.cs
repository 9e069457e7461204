namespace Cmud.Client;

/// <summary>Always the same query grain of the same server.</summary>
public sealed class FixedRouter(int server, int grain) : ICmudRouter
{
    /// <inheritdoc/>
    public Route Next(IReadOnlyList<ServerView> servers) => new(server, grain);
}

/// <summary>The routes of a list, one after another, and from the start again: for tests of what each call does.</summary>
public sealed class ScriptedRouter(params IReadOnlyList<Route> script) : ICmudRouter
{
    private int _asked = -1;

    /// <inheritdoc/>
    public Route Next(IReadOnlyList<ServerView> servers) => script[(int)((uint)Interlocked.Increment(ref _asked) % (uint)script.Count)];
}

/// <summary>A random query grain, or a given one, of the nearest reachable server. What clients use unless told otherwise.</summary>
/// <remarks>
/// The order in which servers are listed is their user's wish, so an earlier one wins unless a later one is clearly
/// nearer. Round trips jitter: without both margins a client would wander between two equal servers at every measurement.
/// </remarks>
public sealed class NearestRouter(Random random, int? grain = null) : ICmudRouter
{
    /// <summary>How much nearer a later server must be, at least, as a share of the earlier one's round trip.</summary>
    public const double ClearlyNearerShare = 0.2;

    /// <summary>How much nearer a later server must be at least: the jitter of a busy machine, which nobody notices in a call.</summary>
    public static readonly TimeSpan ClearlyNearer = TimeSpan.FromMilliseconds(2);

    private readonly Lock _gate = new();

    /// <inheritdoc/>
    public Route Next(IReadOnlyList<ServerView> servers)
    {
        var nearest = Nearest(servers);
        return new(nearest, grain ?? Draw(servers[nearest].QueryGrains));
    }

    private static int Nearest(IReadOnlyList<ServerView> servers)
    {
        var best = -1;
        for (var i = 0; i < servers.Count; i++)
        {
            if (servers[i].Reachable && (best < 0 || IsClearlyNearer(servers[i].RoundTrip, servers[best].RoundTrip))) best = i;
        }

        return Math.Max(best, 0);
    }

    private static bool IsClearlyNearer(TimeSpan a, TimeSpan b) => b - a > ClearlyNearer && b - a > b * ClearlyNearerShare;

    private int Draw(int count)
    {
        if (count < 2) return 0;
        lock (_gate) return random.Next(count);
    }
}
