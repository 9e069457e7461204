using System.Text;
using Cmud.Replication;
using Cmud.Replication.Sync;
using Xunit;

namespace Cmud.Tests.Unit;

/// <summary>A server with two receivers that are sent sections of any size, lose some, tell now and then what they hold, give one another what they have, and lose their memory.</summary>
public sealed class HistoryModelTests
{
    private const int Seeds = 400, Steps = 150;

    private static readonly Origin Self = new(new(1), 10), Other = new(new(2), 20);

    private readonly SyncSettings _settings = new();

    [Fact]
    public void Whoever_claims_what_another_shows_has_it_or_what_beats_it()
    {
        for (var seed = 1; seed <= Seeds; seed++) Run(seed);
    }

    private void Run(int seed)
    {
        var random = new Random(seed);
        var sender = NewHistory(Self);
        var told = new[] { new Dictionary<Origin, IntervalSet>(), [] };
        History[] receivers = [NewHistory(new(new(3), 30)), NewHistory(new(new(4), 30))];
        var (keys, time) = (random.Next(1, 12), 0UL);
        for (var step = 1; step <= Steps; step++)
        {
            var (one, origin) = (random.Next(2), random.Next(2) == 0 ? Self : Other);
            switch (random.Next(6))
            {
                case 0 or 1 or 2:
                    for (var writes = random.Next(1, 20); writes > 0; writes--) Write(sender, random, keys, ++time);
                    break;
                case 3 or 4:
                    if (Send(sender, receivers[one], told[one].GetValueOrDefault(origin), origin, random)) Tell(receivers[one], told[one], random);
                    break;
                default:
                    if (random.Next(2) == 0) sender.Fade(origin => told[0].GetValueOrDefault(origin, new()).Intersect(told[1].GetValueOrDefault(origin, new())));
                    if (random.Next(3) == 0) Send(receivers[one], receivers[1 - one], receivers[1 - one].Log(origin).Have.Clone(), origin, random);
                    if (random.Next(8) == 0) (receivers[one], told[one]) = (NewHistory(new(new((ulong)one + 3), (ulong)(30 + step))), []);
                    break;
            }

            Check([sender, .. receivers], $"seed {seed}, step {step}");
            Assert.Equal(0, sender.Unproved);
        }
    }

    private History NewHistory(Origin origin) => new(_settings, origin, new(), record: null) { HasPeers = true };

    /// <summary>Times may be in another order than sequences.</summary>
    private static void Write(History sender, Random random, int keys, ulong time)
    {
        var origin = random.Next(3) > 0 ? Self : Other;
        var sequence = sender.Log(origin).Have.UpTo + 1;
        sender.Merge(new(Encoding.UTF8.GetBytes($"key{random.Next(keys)}"), new byte[random.Next(60)], new(new(time + (ulong)random.Next(6)), origin, 0), sequence));
        sender.Claim(origin, new(sequence - 1, sequence));
    }

    /// <summary>Sends a section of what is not told to be held, or a range of both; false where it is lost, or there was none.</summary>
    private static bool Send(History from, History to, IntervalSet? told, Origin origin, Random random)
    {
        var lacks = from.Log(origin).Have.Except(told ?? new());
        if (lacks.IsEmpty) return false;

        var first = lacks.First();
        var budget = random.Next(1, 600);
        var section = from.Cut(origin, random.Next(2) == 0 && from.Log(origin).Have.Covers(first with { UpTo = from.Log(origin).Have.UpTo }) ? first with { UpTo = from.Log(origin).Have.UpTo } : first, told, ref budget);
        Assert.True(section.UpTo > section.After);
        from.Sent(section);
        if (random.Next(4) == 0) return false;

        foreach (var entry in section.Entries.Where(entry => !to.Log(origin).Have.Contains(entry.Sequence))) to.Merge(entry);
        foreach (var rider in section.Riders) to.Ride(origin, rider);
        to.ClaimRidden(section.Riders.Select(static rider => rider.Winner));
        to.Claim(origin, section.Interval);
        return true;
    }

    private static void Tell(History receiver, Dictionary<Origin, IntervalSet> told, Random random)
    {
        if (random.Next(3) == 0) return;

        foreach (var log in receiver.Logs) told[log.Origin] = log.Have.Clone();
    }

    private static void Check(History[] all, string when)
    {
        foreach (var claimer in all)
        {
            foreach (var entry in all.SelectMany(static shower => shower.Replica.From(null)))
                Assert.True(!claimer.Log(entry.Origin).Have.Contains(entry.Sequence) || claimer.Replica.Get(entry.Key)?.Stamp >= entry.Stamp, $"{when}: {claimer.Own.Origin} claims {entry.Origin} {entry.Sequence} of {Door.Decode(entry.Key)}, and has nothing as new");
        }
    }
}
