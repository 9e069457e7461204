using System.Globalization;
using System.Text.Json;
using Cmud.Replication;
using Cmud.Replication.Frames;

namespace Cmud.Silo.Journal;

/// <summary>Moves the data of a server that was turned away out of the way, and exports what nobody else has.</summary>
internal static class SetAside
{
    /// <summary>What nobody else has: one JSON object a line, with key, value (null: deleted), and time.</summary>
    public const string ExportFile = "unreplicated.jsonl";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <summary>Writes the export into a data directory that no process holds, and moves it away: beside itself, or where it is a mount and cannot be moved, what is in it one level down.</summary>
    /// <param name="data">The data directory.</param>
    /// <param name="held">What the others hold.</param>
    /// <param name="time">For the name.</param>
    /// <returns>Where its content is now, and how many writes were exported.</returns>
    /// <exception cref="DataDirectoryException">It cannot be read, moved, or written to.</exception>
    public static Moved Move(string data, IReadOnlyList<Holding> held, TimeProvider time)
    {
        var directory = Path.TrimEndingDirectorySeparator(Path.GetFullPath(data));
        var name = time.GetUtcNow().ToString("'aside-'yyyyMMdd-HHmmss-fff", CultureInfo.InvariantCulture);
        var aside = $"{directory}.{name}";
        try
        {
            var unreplicated = Export(directory, held, time);
            try
            {
                Directory.Move(directory, aside);
            }
            catch (IOException)
            {
                aside = Path.Combine(directory, name);
                MoveContent(directory, aside);
            }

            return new(aside, unreplicated);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JournalFailedException)
        {
            throw new DataDirectoryException($"The data directory {data} cannot be put aside as {aside} ({e.Message.TrimEnd('.')}); move it away, then start the server again.", e);
        }
    }

    /// <summary>From the disk, where all is that was acknowledged until the server ended; of whatever server it came.</summary>
    private static int Export(string directory, IReadOnlyList<Holding> held, TimeProvider time)
    {
        var theirs = held.ToDictionary(static holding => holding.Origin, static holding => holding.Sequences);
        using var journal = RocksJournal.Open(directory, Path.GetFileName(directory), new(), time);
        using var export = new StreamWriter(Path.Combine(directory, ExportFile));
        var count = 0;
        foreach (var entry in journal.Recover().Entries)
        {
            if (theirs.GetValueOrDefault(entry.Origin)?.Contains(entry.Sequence) == true) continue;

            export.WriteLine(Line(entry));
            count++;
        }

        return count;
    }

    private static void MoveContent(string directory, string aside)
    {
        Directory.CreateDirectory(aside);
        foreach (var part in (string[])[DataDirectory.JournalName, DataDirectory.IdentityFile, ExportFile]) Directory.Move(Path.Combine(directory, part), Path.Combine(aside, part));
    }

    private static string Line(Entry entry) => JsonSerializer.Serialize(
        new Exported(Door.Decode(entry.Key), entry.Value is { } value ? Door.Decode(value) : null, entry.Stamp.Time.Wall, entry.Stamp.ToString()), Json);

    /// <summary>What was put aside.</summary>
    /// <param name="Directory">Where it is now.</param>
    /// <param name="Unreplicated">How many writes were exported.</param>
    public sealed record Moved(string Directory, int Unreplicated);

    private sealed record Exported(string Key, string? Value, DateTimeOffset Time, string Stamp);
}
