using System.Globalization;
using System.Text.Json;
using Cmud.Replication;

namespace Cmud.Silo.Journal;

/// <summary>Moves the data of a server that was turned away out of the way, and exports what nobody else has.</summary>
internal static class SetAside
{
    /// <summary>What nobody else has: one JSON object a line, with key, value (null: deleted), and time.</summary>
    public const string ExportFile = "unreplicated.jsonl";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <summary>Renames a data directory that no process holds, and writes the export into it.</summary>
    /// <returns>Where it is now.</returns>
    /// <exception cref="DataDirectoryException">It cannot be renamed, or written to.</exception>
    public static string Move(string data, IReadOnlyList<Entry> unreplicated, TimeProvider time)
    {
        var aside = Path.GetFullPath(data) + time.GetUtcNow().ToString("'.aside-'yyyyMMdd-HHmmss-fff", CultureInfo.InvariantCulture);
        try
        {
            File.WriteAllLines(Path.Combine(data, ExportFile), unreplicated.Select(Line));
            Directory.Move(data, aside);
            return aside;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DataDirectoryException($"The data directory {data} cannot be put aside as {aside} ({e.Message.TrimEnd('.')}); move it away, then start the server again.", e);
        }
    }

    private static string Line(Entry entry) => JsonSerializer.Serialize(
        new Export(Door.Decode(entry.Key), entry.Value is { } value ? Door.Decode(value) : null, entry.Stamp.Time.Wall, entry.Stamp.ToString()), Json);

    private sealed record Export(string Key, string? Value, DateTimeOffset Time, string Stamp);
}
