namespace Cmud.Game.Keys;

/// <summary>The last part of a key in a feed: when, who, in which session, and which of that session's lines.</summary>
internal readonly record struct Mark(GameTime Time, PlayerId Player, SessionId Session, int Seq)
{
    /// <summary>Reads <c>t-pid-sid-seq</c>; false for anything else.</summary>
    public static bool TryParse(string text, out Mark mark)
    {
        mark = default;
        if (text.Split('-') is not [var t, var pid, var sid, var number]) return false;
        if (!GameTime.TryParse(t, out var time) || !PlayerId.TryParse(pid, out var player)) return false;
        if (!SessionId.TryParse(sid, out var session) || !KeyText.TrySeq(number, out var seq)) return false;

        mark = new(time, player, session, seq);
        return true;
    }

    /// <summary><c>t-pid-sid-seq</c>.</summary>
    public override string ToString() => $"{Time}-{Player}-{Session}-{KeyText.Seq(Seq)}";
}
