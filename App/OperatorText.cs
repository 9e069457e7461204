using System.Globalization;
using System.Text;
using Cmud.Client;
using Cmud.Grains.Interfaces;
using Cmud.Replication;

namespace Cmud.App;

/// <summary>What the operators' commands print for people.</summary>
internal static class OperatorText
{
    /// <summary>Most characters of a value that are shown.</summary>
    private const int ValueLength = 60;

    /// <summary>A verdict: one line where all is equal, else the keys that differ and who holds what.</summary>
    public static string Of(Verdict verdict)
    {
        var text = new StringBuilder();
        var all = string.Create(CultureInfo.InvariantCulture, $"{Count(verdict.Replicas, "replica")} of {Count(verdict.Servers, "server")}");
        var elapsed = string.Create(CultureInfo.InvariantCulture, $"{verdict.Elapsed.TotalSeconds:0.0} s");
        if (verdict.IsEqual)
        {
            var healed = verdict.Healed == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $" {Count(verdict.Healed, "key")} differed at first and came to agree within {elapsed}.");
            return string.Create(CultureInfo.InvariantCulture, $"Equal: {all}, {Count(verdict.Keys, "key")}, root {verdict.Root:x32}.{healed}\n");
        }

        if (verdict.Differing == 0) return $"Differ: {all} differ in more keys than can be followed, and go on to, after {elapsed}. Is one of them catching up? Try again later.\n";

        var (first, last) = (verdict.Differences[0].Key, verdict.Differences[^1].Key);
        text.Append(CultureInfo.InvariantCulture, $"Differ: {all}, in {(verdict.IsCut ? "at least " : "")}{Count(verdict.Differing, "key")}, after {elapsed}.\n");
        text.Append(CultureInfo.InvariantCulture, $"Keys {TextEscape.Quote(first)} to {TextEscape.Quote(last)}{(verdict.Differing > verdict.Differences.Count ? ", the first " + verdict.Differences.Count : "")}:\n");
        foreach (var difference in verdict.Differences)
        {
            text.Append(TextEscape.Escape(difference.Key)).Append('\n');
            foreach (var held in difference.Held) text.Append(CultureInfo.InvariantCulture, $"  {Replica(held.Server, held.Grain)}: {Of(held, difference)}\n");
        }

        return text.ToString();
    }

    /// <summary>What a replica knows of a key.</summary>
    /// <param name="explanation">What it knows.</param>
    /// <param name="names">The names of servers, by id.</param>
    public static string Of(Explanation explanation, IReadOnlyDictionary<ulong, string> names)
    {
        var known = explanation.Known;
        var text = new StringBuilder($"  {Replica(explanation.Server, explanation.Grain)}\n");
        if (known.Stamp is not { } stamp)
        {
            text.Append(known.PurgeFloor == 0
                ? "    no entry: it was never written, as far as is known here\n"
                : $"    no entry: it was never written, or was deleted or has expired before {Time(new HybridTimestamp(known.PurgeFloor).Wall)} and was purged\n");
            return text.ToString();
        }

        text.Append(CultureInfo.InvariantCulture, $"    value     {Value(known)}\n");
        text.Append(CultureInfo.InvariantCulture, $"    stamp     {stamp.Time}\n");
        text.Append(CultureInfo.InvariantCulture, $"    origin    {Origin(stamp, names)}, sequence {known.Sequence}\n");
        if (known.Expiry != Entry.Never) text.Append(CultureInfo.InvariantCulture, $"    expires   {Time(DateTimeOffset.FromUnixTimeMilliseconds(known.Expiry))}{(known.Expiry <= known.Now ? ", that is past" : "")}\n");
        if (known.SeenAt is not { } seen)
        {
            text.Append(CultureInfo.InvariantCulture, $"    seen here not remembered: before this replica was loaded, or more than {Arrivals.Capacity} merges ago\n");
            return text.ToString();
        }

        var after = seen - stamp.Time.Wall.ToUnixTimeMilliseconds();
        text.Append(CultureInfo.InvariantCulture, $"    seen here {Time(DateTimeOffset.FromUnixTimeMilliseconds(seen))}, {(after < 0 ? $"{-after} ms before" : $"{after} ms after")} its stamp\n");
        text.Append(known.Replaced is { } replaced ? $"    replaced  {replaced.Time}, {Origin(replaced, names)}\n" : "    replaced  nothing: the key was new here\n");
        return text.ToString();
    }

    /// <summary>The members that a server knows, as a table.</summary>
    public static string Of(MembersReply table, ServerView view)
    {
        string[][] rows =
        [
            ["name", "address", "id", "state", "round trip", "behind", "clock"],
            .. table.Members.Select(member => (string[])
            [
                TextEscape.Escape(member.Name),
                TextEscape.Escape(member.Address),
                new ServerId(member.Server).ToString(),
                member.Server == table.Server ? (table.IsCaughtUp ? "itself" : "itself, catching up") : member.IsUp ? "up" : "down",
                member.RoundTrip is { } trip ? string.Create(CultureInfo.InvariantCulture, $"{trip.TotalMilliseconds:0.0} ms") : "-",
                member.Server == table.Server ? "-" : string.Create(CultureInfo.InvariantCulture, $"{member.Behind}"),
                Offset(member.ClockOffset),
            ]),
        ];
        return $"As {TextEscape.Escape(view.Name)} ({view.Address}) sees them:\n{Table(rows)}";
    }

    /// <summary>What went from grain to grain of a server, as a table.</summary>
    public static string Of(PairsReply reply, ServerView view)
    {
        string[][] rows =
        [
            ["to", "messages", "in a second", "bytes", "entries", "back: messages", "bytes", "entries", "known already"],
            .. reply.Pairs.Select(pair => (string[])
            [
                TextEscape.Escape(pair.Receiver),
                .. ((long[])[pair.Messages, pair.BusiestSecond, pair.Bytes, pair.Entries, pair.ReceivedMessages, pair.ReceivedBytes, pair.ReceivedEntries, pair.KnownEntries])
                    .Select(static number => number.ToString(CultureInfo.InvariantCulture)),
            ]),
        ];
        return $"From {TextEscape.Escape(view.Name)} ({view.Address}), since it started:\n{Table(rows)}";
    }

    private static string Table(string[][] rows)
    {
        var widths = Enumerable.Range(0, rows[0].Length).Select(column => rows.Max(row => row[column].Length)).ToArray();
        return string.Concat(rows.Select(row => "  " + string.Join("  ", row.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd() + "\n"));
    }

    /// <summary>With its sign; in seconds where it is that much.</summary>
    private static string Offset(TimeSpan? offset) => offset switch
    {
        null => "-",
        { } span when span.Duration() < TimeSpan.FromSeconds(1) => string.Create(CultureInfo.InvariantCulture, $"{span.TotalMilliseconds:+0.0;-0.0;0.0} ms"),
        { } span => string.Create(CultureInfo.InvariantCulture, $"{span.TotalSeconds:+0.0;-0.0} s"),
    };

    /// <summary>A server's name where it is known, and its id.</summary>
    public static string Origin(Stamp stamp, IReadOnlyDictionary<ulong, string> names) =>
        $"{(names.TryGetValue(stamp.Origin.Server.Value, out var name) ? TextEscape.Escape(name) + " " : "")}{stamp.Origin}, query grain {stamp.Grain}";

    private static string Of(HeldKey held, KeyDifference difference)
    {
        if (held.Stamp is not { } stamp) return "absent";

        var twin = difference.Held.Any(other => other.Stamp == stamp && other.Hash != held.Hash) ? string.Create(CultureInfo.InvariantCulture, $", content {held.Hash:x16}") : "";
        return $"{stamp}{(held.IsShown ? "" : ", deleted or expires")}{twin}";
    }

    private static string Value(ExplainReply known)
    {
        if (known.Value is null) return "none: the key was deleted";

        var text = TextEscape.Quote(Door.Decode(known.Value));
        var isWhole = text.Length <= ValueLength && known.Value.Length == known.ValueBytes;
        return isWhole ? text : string.Create(CultureInfo.InvariantCulture, $"{text[..Math.Min(text.Length, ValueLength)]}... ({known.ValueBytes:N0} bytes)");
    }

    private static string Replica(ServerView server, int grain) => $"{TextEscape.Escape(server.Name)} ({server.Address}), query grain {grain}";

    private static string Time(DateTimeOffset time) => time.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);

    private static string Count(long number, string what) => string.Create(CultureInfo.InvariantCulture, $"{number:N0} {what}{(number == 1 ? "" : "s")}");
}
