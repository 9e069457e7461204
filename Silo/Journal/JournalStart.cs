using System.Security.Cryptography;
using Cmud.Replication;
using RocksDbSharp;

namespace Cmud.Silo.Journal;

/// <summary>Opens the files of a data directory: finds out whose they are, and notes the life that begins before it does anything.</summary>
internal static class JournalStart
{
    /// <summary>Opens the files in a directory; the caller keeps the directory.</summary>
    /// <param name="directory">The data directory, locked.</param>
    /// <param name="leastIncarnation">The least incarnation to begin with.</param>
    /// <param name="time">The clock of this machine.</param>
    /// <exception cref="DataDirectoryException">They are damaged, another server's, or of a newer format.</exception>
    public static (JournalStore Store, Origin Origin) Begin(DataDirectory directory, ulong leastIncarnation, TimeProvider time)
    {
        JournalStore? store = null;
        try
        {
            store = Open(directory);
            var server = Identify(directory, store);
            var former = Math.Max(store.Number(Fact.Life) ?? 0, LastLife(store, server));
            var origin = Origin.Boot(server, time, new Random(RandomNumberGenerator.GetInt32(int.MaxValue)), Math.Max(leastIncarnation, former + 1));
            Note(store, origin);
            return (store, origin);
        }
        catch (Exception e)
        {
            store?.Dispose();
            if (e is RocksDbException or InvalidDataException) throw new DataDirectoryException(Unusable(directory, e), e);
            throw;
        }
    }

    /// <summary>The sentence for files that cannot be read.</summary>
    public static string Unusable(DataDirectory directory, Exception e)
    {
        var what = $"The journal in {directory.JournalPath} cannot be read ({Reason(e)})";
        if (e.Message.Contains("No space left", StringComparison.Ordinal)) return $"{what}; make room on its disk, then start again.";
        if (e.Message.Contains("Permission denied", StringComparison.Ordinal)) return $"{what}; let this user read and write all files there.";
        return $"{what}; restore a backup of {directory.Path}, or start with an empty directory: the other servers bring it up to date.";
    }

    /// <summary>What an error says of itself, on one line.</summary>
    public static string Reason(Exception e) => e.Message.ReplaceLineEndings(" ").TrimEnd('.', ' ');

    private static JournalStore Open(DataDirectory directory)
    {
        // A directory that was a journal's and lost the file that says so is damaged: a new journal in its place would hide that.
        var isNew = directory.Server is null || !Directory.Exists(directory.JournalPath) || !Directory.EnumerateFileSystemEntries(directory.JournalPath).Any();
        return JournalStore.Open(directory.JournalPath, isNew);
    }

    /// <summary>Whose journal it is: what it says itself, or, where it is new, what the directory says, or a new server.</summary>
    private static ServerId Identify(DataDirectory directory, JournalStore store)
    {
        if (store.Number(Fact.Format) is { } format and > DataDirectory.Format)
            throw new DataDirectoryException($"The journal in {directory.JournalPath} has format {format}, written by a newer version of the server, but this one reads up to format {DataDirectory.Format}; start it with that version.");

        if (store.Number(Fact.Server) is not { } own) return directory.Server ?? new(Some());

        return directory.Server is not { } named || named.Value == own
            ? new(own)
            : throw new DataDirectoryException($"The data directory {directory.Path} is mixed up: server.json names server {named}, but the journal is that of {new ServerId(own)}; put back what belongs together, or start with an empty directory.");
    }

    /// <summary>The last life of a server that left anything here: a sequence of it must not be given again.</summary>
    private static ulong LastLife(JournalStore store, ServerId server) =>
        store.Read(RowKind.Held, static (key, _) => JournalRow.ReadOrigin(key)).Where(origin => origin.Server == server).Select(origin => origin.Incarnation).DefaultIfEmpty().Max();

    private static void Note(JournalStore store, Origin origin)
    {
        using var batch = new JournalBatch();
        var isNew = store.Number(Fact.Server) is null;
        batch.Put(Fact.Format, DataDirectory.Format);
        batch.Put(Fact.Server, origin.Server.Value);
        batch.Put(Fact.Life, origin.Incarnation);
        store.Write(batch, sync: true);
        // Out of the log, where damage to its beginning would make the journal nobody's.
        if (isNew) store.Flush();
    }

    private static ulong Some()
    {
        Span<byte> bytes = stackalloc byte[8];
        ulong some;
        do
        {
            RandomNumberGenerator.Fill(bytes);
            some = BitConverter.ToUInt64(bytes);
        }
        while (some == 0);
        return some;
    }
}
