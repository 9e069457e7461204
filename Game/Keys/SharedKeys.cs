using System.Globalization;

namespace Cmud.Game.Keys;

/// <summary>The keys of what many players do together; all but The Fence have one writer each.</summary>
internal static class SharedKeys
{
    /// <summary>The Fence: one key that anyone overwrites. Last writer wins is the tradition here.</summary>
    public const string Fence = "obj/fence";

    /// <summary>All that moderators said.</summary>
    public const string Moderation = "mod/";

    /// <summary>Everybody's contributions to a goal, such as <c>cluster</c>.</summary>
    public static string Counters(string goal) => $"ctr/{KeyText.Part(goal)}/";

    /// <summary>Everybody's contributions to the department problem of a rank.</summary>
    public static string ProblemCounters(int rank) => string.Create(CultureInfo.InvariantCulture, $"ctr/problem/{rank}/");

    /// <summary>A player's own contribution under a counters prefix.</summary>
    public static string Counter(string counters, PlayerId player) => $"{counters}{player}";

    /// <summary>Whose contribution under that prefix a key is.</summary>
    public static bool TryParseCounter(string key, string counters, out PlayerId player)
    {
        player = default;
        return KeyText.TrySplit(key, counters, 1, out var parts) && PlayerId.TryParse(parts[0], out player);
    }

    /// <summary>All solutions handed in for a week's race.</summary>
    public static string Race(string week, int number) => string.Create(CultureInfo.InvariantCulture, $"race/{KeyText.Part(week)}/{number}/");

    /// <summary>A solution handed in; the smallest valid one wins after Settle.</summary>
    public static string RaceEntry(string week, int number, GameTime time, PlayerId player) => $"{Race(week, number)}{time}-{player}";

    /// <summary>When and by whom a race's solution was handed in.</summary>
    public static bool TryParseRaceEntry(string key, string race, out GameTime time, out PlayerId player)
    {
        (time, player) = (default, default);
        return KeyText.TrySplit(key, race, 1, out var parts) && parts[0].Split('-') is [var t, var pid]
            && GameTime.TryParse(t, out time) && PlayerId.TryParse(pid, out player);
    }

    /// <summary>All votes or signatures in a case.</summary>
    public static string Votes(string matter) => $"vote/{KeyText.Part(matter)}/";

    /// <summary>A player's vote or signature in a case.</summary>
    public static string Vote(string matter, PlayerId player) => $"{Votes(matter)}{player}";

    /// <summary>Who voted, by a key.</summary>
    public static bool TryParseVote(string key, string votes, out PlayerId player)
    {
        player = default;
        return KeyText.TrySplit(key, votes, 1, out var parts) && PlayerId.TryParse(parts[0], out player);
    }

    /// <summary>What a moderator said at a time.</summary>
    public static string ModerationEntry(GameTime time, PlayerId moderator) => $"{Moderation}{time}-{moderator}";

    /// <summary>When and by whom a moderator's word was said.</summary>
    public static bool TryParseModeration(string key, out GameTime time, out PlayerId moderator) => TryParseRaceEntry(key, Moderation, out time, out moderator);
}
