using Cmud.Grains;
using Cmud.Grains.Interfaces;
using Xunit;

namespace Cmud.Tests.Acceptance.Harness;

/// <summary>What went between two grains, or between all of a kind.</summary>
internal readonly record struct Sent(long Messages, long Bytes, long DataBytes, long Entries, long KnownEntries)
{
    public static Sent operator +(Sent a, Sent b) =>
        new(a.Messages + b.Messages, a.Bytes + b.Bytes, a.DataBytes + b.DataBytes, a.Entries + b.Entries, a.KnownEntries + b.KnownEntries);

    public static Sent operator -(Sent a, Sent b) =>
        new(a.Messages - b.Messages, a.Bytes - b.Bytes, a.DataBytes - b.DataBytes, a.Entries - b.Entries, a.KnownEntries - b.KnownEntries);
}

/// <summary>The counters of every ordered pair of some servers at one moment, as the servers themselves count.</summary>
internal sealed class Traffic
{
    /// <summary>Promised for every ordered pair of grains, in any sliding second.</summary>
    public const int MostMessagesPerSecond = 10;

    private readonly Dictionary<(string From, string To), PairStatus> _pairs = [];

    /// <summary>Looks.</summary>
    public static async Task<Traffic> OfAsync(IEnumerable<TestServer> servers)
    {
        var traffic = new Traffic();
        foreach (var server in servers) traffic.Add(server.Name, await server.StatusAsync());

        return traffic;
    }

    /// <summary>Takes in what a server counts.</summary>
    public void Add(string server, SyncStatus status)
    {
        foreach (var pair in status.Pairs) _pairs[(server, pair.Receiver)] = pair;
    }

    /// <summary>Entries that came from other servers, and how many of them were known already.</summary>
    public (long Entries, long Known) Received => (_pairs.Values.Sum(pair => pair.ReceivedEntries), _pairs.Values.Sum(pair => pair.KnownEntries));

    /// <summary>Most messages of any pair within a second.</summary>
    public int Busiest => _pairs.Values.Max(pair => pair.BusiestSecond);

    /// <summary>From a server's sync grain to another server.</summary>
    public Sent Between(TestServer from, TestServer to) => Read(from, to.Address.ToString());

    /// <summary>From a server's sync grain to one of its query grains.</summary>
    public Sent To(TestGrain grain) => Read(grain.Server, $"query grain {grain.Index}");

    /// <summary>Between all servers.</summary>
    public Sent Remote => Sum(isRemote: true);

    /// <summary>Within all servers.</summary>
    public Sent Local => Sum(isRemote: false);

    /// <summary>No pair, local or remote, ever sent more than promised in any second of its life.</summary>
    public void AssertPace() =>
        Assert.All(_pairs, pair => Assert.True(
            pair.Value.BusiestSecond <= MostMessagesPerSecond,
            $"{pair.Key.From} sent {pair.Value.BusiestSecond} messages to {pair.Key.To} within one second."));

    private Sent Read(TestServer from, string receiver) => Of(_pairs[(from.Name, receiver)]);

    private Sent Sum(bool isRemote) => _pairs.Where(pair => pair.Key.To.Contains(':', StringComparison.Ordinal) == isRemote).Aggregate(default(Sent), (sum, pair) => sum + Of(pair.Value));

    private static Sent Of(PairStatus pair) => new(pair.Messages, pair.Bytes, pair.DataBytes, pair.Entries, pair.KnownEntries);
}
