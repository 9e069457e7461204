namespace Cmud.Replication.Sync;

/// <summary>Holds the walls of all machines against one another: finds what time it is, and whether this server's machine has it.</summary>
/// <remarks>
/// <para>
/// The servers take the median of all walls, their own included, and of two in the middle the earlier one: all who hear the same come to the same, so no two servers ever follow each other's clock crosswise. It takes three
/// clocks to say which one is wrong, or all that there are. Of two servers nobody can say; the earlier one counts, because a time that is too early harms nothing: stamps do not fall, and catch up.
/// </para>
/// <para>Each server measures by itself. It need not be told that its clock is wrong: who would tell it measures the same way, and two opinions on who is wrong would differ one day.</para>
/// </remarks>
internal sealed class ClockWatch(SyncSettings settings, ServerClock clock, Members members)
{
    private bool _isOff;

    /// <summary>Brings this server's clock in line; gives a sentence where its machine's became wrong, or right again.</summary>
    public Alarm? Look(IReadOnlyCollection<Peer> peers, TimeSpan now)
    {
        if (settings.AgreesOnTime && Agreed(peers, now) is { } agreed) clock.Agree(agreed);

        var error = clock.Error;
        if ((error != TimeSpan.Zero) == _isOff) return null;

        _isOff = !_isOff;
        return _isOff
            ? new($"The clock of this machine is {error.Duration().TotalSeconds:F0} s {(error > TimeSpan.Zero ? "ahead of" : "behind")} those of the other servers. This server goes by theirs; set it right.", IsOver: false)
            : new("This server goes by the clock of its machine again.", IsOver: true);
    }

    private DateTimeOffset? Agreed(IReadOnlyCollection<Peer> peers, TimeSpan now)
    {
        var walls = peers.Select(peer => peer.Clock.WallAt(now)).OfType<DateTimeOffset>().ToList();
        if (walls.Count == 0 || (walls.Count < 2 && members.Others > walls.Count)) return null;

        walls.Add(clock.MachineWall);
        walls.Sort();
        return walls[(walls.Count - 1) / 2];
    }
}
