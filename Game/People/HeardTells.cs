using Cmud.Game.Feeds;
using Cmud.Game.Keys;

namespace Cmud.Game.People;

/// <summary>Which tells a player has heard, in whichever session: kept in the store, so that none is heard twice.</summary>
/// <remarks>
/// A time alone will not do: a tell from another server may come late under a smaller one. So the marks of the last minutes are kept, as long as
/// a tell is of use, and a time below which all is done with. One key with one writer, the player's latest session; who loses an older value
/// of it hears a tell a second time.
/// </remarks>
internal sealed class HeardTells
{
    /// <summary>Marks kept: 34 characters each, so that the value stays below what is read. Whoever hears more in ten minutes may miss one that is late.</summary>
    private const int MaxMarks = 300;

    private readonly SortedSet<string> _marks;
    private GameTime _doneWith;

    private HeardTells(GameTime doneWith, IEnumerable<string> marks) => (_doneWith, _marks) = (doneWith, new(marks, StringComparer.Ordinal));

    /// <summary>Whether a tell was added since the last <see cref="Write"/>.</summary>
    public bool IsChanged { get; private set; }

    /// <summary>Reads a stored value. Where there is none, what is past its use is done with.</summary>
    public static HeardTells Read(string? value, GameTime now) =>
        JsonValue.Read<Stored>(value) is { V: 1, Marks: { } marks } stored && new GameTime(stored.DoneWith) <= now + GameClock.Tolerance
            ? new(new(stored.DoneWith), marks.Where(static mark => mark is { Length: <= 64 }).Take(MaxMarks))
            : new(now + -FeedWriter.Use, []);

    /// <summary>Whether a tell was heard, or is too old to be.</summary>
    public bool Contains(Mark mark) => mark.Time <= _doneWith || _marks.Contains(TextOf(mark));

    /// <summary>A tell is heard.</summary>
    public void Add(Mark mark) => IsChanged |= _marks.Add(TextOf(mark));

    /// <summary>As it is stored.</summary>
    public string Write(GameTime now)
    {
        _doneWith = GameTime.Max(_doneWith, now + -FeedWriter.Use);
        _marks.RemoveWhere(mark => string.CompareOrdinal(mark, _doneWith.ToString()) <= 0);
        while (_marks.Count > MaxMarks && GameTime.TryParse(_marks.Min!.Split('-')[0], out var oldest))
        {
            _doneWith = GameTime.Max(_doneWith, oldest);
            _marks.Remove(_marks.Min!);
        }

        IsChanged = false;
        return JsonValue.Write(new Stored(1, _doneWith.Value, [.. _marks]));
    }

    private static string TextOf(Mark mark) => $"{mark.Time}-{mark.Player}";

    private sealed record Stored(int V, long DoneWith, string[]? Marks);
}
