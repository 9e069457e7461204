namespace Cmud.Game.People;

/// <summary>Where a player is, as their own client tells it with each heartbeat. One key, so nobody is ever in two rooms.</summary>
/// <param name="V">The version of the value.</param>
/// <param name="Name">As shown.</param>
/// <param name="Room">The room.</param>
/// <param name="Mode">What they are at, such as mining.</param>
/// <param name="Time">When this was told, as a <see cref="GameTime"/> value.</param>
/// <param name="Active">When they last typed something, likewise.</param>
internal sealed record Whereabouts(int V, string Name, string Room, string Mode, long Time, long Active)
{
    private const int Version = 1;

    /// <summary>How often a client tells it again.</summary>
    public static readonly TimeSpan Beat = TimeSpan.FromSeconds(10);

    /// <summary>Told longer ago than this: three beats are missing.</summary>
    public static readonly TimeSpan Staring = TimeSpan.FromSeconds(30);

    /// <summary>Told longer ago than this: gone.</summary>
    public static readonly TimeSpan Gone = TimeSpan.FromMinutes(5);

    /// <summary>Where a player is now.</summary>
    public static Whereabouts Of(string name, string room, string mode, GameTime now, GameTime active) => new(Version, name, room, mode, now.Value, active.Value);

    /// <summary>Reads a stored value; null where it is none.</summary>
    public static Whereabouts? Read(string? value)
    {
        if (JsonValue.Read<Whereabouts>(value) is not { V: Version, Room: not null, Mode: not null } read) return null;

        return PlayerName.TryParse(read.Name ?? "", out var name, out _) ? read with { Name = name.Shown } : null;
    }

    /// <summary>As it is stored.</summary>
    public string Write() => JsonValue.Write(this);

    /// <summary>Whether they are there at all. Who claims to be there in the future would stand there for good.</summary>
    public bool IsHere(GameTime now) => Mode != Away && now - new GameTime(Time) < Gone && new GameTime(Time) - now <= GameClock.Tolerance;

    /// <summary>Whether their client was not heard of for a while.</summary>
    public bool IsStaring(GameTime now) => now - new GameTime(Time) > Staring;

    /// <summary>The mode of one who left.</summary>
    public const string Away = "away";
}
