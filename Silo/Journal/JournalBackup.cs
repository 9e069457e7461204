using Cmud.Replication;
using RocksDbSharp;

namespace Cmud.Silo.Journal;

/// <summary>Copies a data directory whose server runs. The copy is a data directory too, and is there as a whole or not at all.</summary>
internal static class JournalBackup
{
    /// <summary>What a copy is called while it is made.</summary>
    private const string Unfinished = ".unfinished";

    /// <summary>Makes the copy.</summary>
    /// <returns>Its bytes.</returns>
    /// <exception cref="BackupException">It was not made.</exception>
    public static long Save(DataDirectory directory, JournalStore store, string path)
    {
        if (Refuse(directory, path) is { } refusal) throw new BackupException(refusal);

        var to = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        var draft = to + Unfinished;
        var isOurs = false;
        try
        {
            if (Directory.Exists(draft)) throw new BackupException($"{draft} is left of a backup that was broken off, or one is being made; delete it if none is.");

            Directory.CreateDirectory(draft);
            isOurs = true;
            store.CopyTo(Path.Combine(draft, DataDirectory.JournalName));
            File.Copy(Path.Combine(directory.Path, DataDirectory.IdentityFile), Path.Combine(draft, DataDirectory.IdentityFile));
            Directory.Move(draft, to);
            return new DirectoryInfo(to).EnumerateFiles("*", SearchOption.AllDirectories).Sum(static file => file.Length);
        }
        catch (Exception e) when (e is RocksDbException or IOException or UnauthorizedAccessException)
        {
            if (isOurs) Discard(draft);
            throw new BackupException($"The backup to {to} was not made ({JournalStart.Reason(e)}); make room there, or name a directory that the server may write.", e);
        }
    }

    private static string? Refuse(DataDirectory directory, string path)
    {
        if (!Path.IsPathFullyQualified(path)) return $"The backup directory '{path}' is no full path; the server writes it on its own machine, so begin with the root, as in /backups/monday.";
        if (Path.Exists(path)) return $"{path} exists already; name a directory that does not, and the backup is made there.";

        return Path.GetFullPath(path).StartsWith(directory.Path + Path.DirectorySeparatorChar, StringComparison.Ordinal)
            ? $"{path} lies within the data directory itself; name a place elsewhere, best on another disk."
            : null;
    }

    private static void Discard(string draft)
    {
        try
        {
            Directory.Delete(draft, recursive: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The next backup says that it is there.
        }
    }
}
