using Cmud.Grains.Interfaces;
using Cmud.Replication;

namespace Cmud.Client;

/// <summary>Waits until a write is shown by every query grain of some servers, by asking each of them.</summary>
/// <remarks>
/// Asking the grains themselves is exact, whatever the servers tell one another of how far they are. A grain that shows a later write of the key, or has
/// purged the key since, has had this one. To servers that the client is not connected to it connects for as long as it waits.
/// </remarks>
internal sealed class VisibilityWait(IReadOnlyList<ServerLink> links, CmudClientOptions options, byte[] key, PutReceipt receipt, TimeSpan timeout)
{
    /// <summary>Longest time to wait.</summary>
    public static readonly TimeSpan MaxTimeout = TimeSpan.FromDays(1);

    /// <summary>The first pause before a grain is asked again: it doubles, since what is not there at once comes at the pace of sync.</summary>
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(10);

    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(200);

    private readonly CallClock _clock = new(options.Time, timeout);
    private readonly List<ServerLink> _opened = [];

    /// <summary>Completes when the write is shown there.</summary>
    /// <exception cref="CmudException">It is not, within the time; or nobody could say where.</exception>
    public async Task RunAsync(Visibility where, CancellationToken cancellationToken)
    {
        try
        {
            var servers = where == Visibility.Here ? Here() : await EverywhereAsync(cancellationToken).ConfigureAwait(false);
            var late = await Task.WhenAll(servers.Select(server => WaitAsync(server, cancellationToken))).ConfigureAwait(false);
            if (late.OfType<string>().ToArray() is { Length: > 0 } missing)
                throw new CmudException(CmudFailure.NotYetVisible, $"'{receipt.Key}' is stored, but after {timeout.TotalSeconds:0.###} s not yet shown by {string.Join(", ", missing)}.");
        }
        finally
        {
            await Task.WhenAll(_opened.Select(static link => link.DisposeAsync().AsTask())).ConfigureAwait(false);
        }
    }

    private Target[] Here() => links.FirstOrDefault(link => link.View.Id == receipt.Server) is { } link
        ? [new(receipt.Server, link.View.Title(), link)]
        : throw new CmudException(CmudFailure.Refused, $"The server {receipt.Server} that accepted '{receipt.Key}' is none of this client's servers; use a client that knows it, or wait for everywhere.");

    /// <summary>All members that any of the client's servers knows.</summary>
    private async Task<Target[]> EverywhereAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var told = await Task.WhenAll(links.Where(static link => link.View.Reachable).Select(link => MembersAsync(link, cancellationToken))).ConfigureAwait(false);
            var members = told.SelectMany(static members => members).DistinctBy(static member => member.Server).ToArray();
            if (members.Length > 0) return [.. members.Select(TargetOf)];
            if (_clock.IsOver)
                throw new CmudException(CmudFailure.Unreachable, $"'{receipt.Key}' is stored, but within {timeout.TotalSeconds:0.###} s no server could be asked where it is shown; try again.");

            await PauseAsync(LongestPause, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<MemberState[]> MembersAsync(ServerLink link, CancellationToken cancellationToken)
    {
        try
        {
            return (await link.MembersAsync(_clock, cancellationToken).ConfigureAwait(false)).Members;
        }
        catch (LinkException)
        {
            // The others are asked too; what none of them answers is asked again.
            return [];
        }
    }

    private Target TargetOf(MemberState member)
    {
        var id = new ServerId(member.Server);
        var title = $"{member.Name} ({member.Address})";
        if (links.FirstOrDefault(link => link.View.Id == id) is { } known) return new(id, title, known);
        if (!ServerAddress.TryParse(member.Address, out var address)) return new(id, title, Link: null);

        var link = new ServerLink(address, options, static () => { });
        _opened.Add(link);
        return new(id, title, link);
    }

    /// <summary>Null when all query grains of a server show the write, else who of them does not, and why.</summary>
    private async Task<string?> WaitAsync(Target server, CancellationToken cancellationToken)
    {
        if (server.Link is not { } link) return $"{server.Title}, whose address cannot be read";

        while (!link.View.Reachable || link.View.Id != server.Id)
        {
            if (_clock.IsOver) return link.View.Reachable ? $"{server.Title}, where another server answers" : $"{server.Title}, which cannot be reached: {link.Trouble}";

            link.Want();
            await PauseAsync(LongestPause, cancellationToken).ConfigureAwait(false);
        }

        var shown = await Task.WhenAll(Enumerable.Range(0, link.View.QueryGrains).Select(grain => ShowsAsync(link, grain, cancellationToken))).ConfigureAwait(false);
        var late = Enumerable.Range(0, shown.Length).Where(grain => !shown[grain]).ToArray();
        return late.Length == 0 ? null : $"{server.Title} (query grain {string.Join(", ", late)})";
    }

    private async Task<bool> ShowsAsync(ServerLink link, int grain, CancellationToken cancellationToken)
    {
        for (var pause = ShortestPause; ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            try
            {
                if (await link.AskAsync(grain, new ShowsRequest(key, receipt.Stamp), static (asked, request) => asked.Shows(request), _clock, cancellationToken).ConfigureAwait(false)) return true;
            }
            catch (LinkException)
            {
                // The server may be back before the time is up.
                link.Want();
            }

            if (_clock.IsOver) return false;

            await PauseAsync(pause, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Between two looks: a grain that has merged a write tells nobody.</summary>
    private Task PauseAsync(TimeSpan pause, CancellationToken cancellationToken) => Task.Delay(_clock.Next(pause), options.Time, cancellationToken);

    private sealed record Target(ServerId Id, string Title, ServerLink? Link);
}
