using Cmud.Client;

namespace Cmud.App;

/// <summary>Copies a backup to a data directory, which is there as a whole or not at all.</summary>
internal static class BackupCopy
{
    private const string Unfinished = ".unfinished";

    /// <summary>Makes the copy.</summary>
    /// <returns>Its bytes.</returns>
    /// <exception cref="CmudException">It was not made.</exception>
    public static long Restore(string from, string to)
    {
        var (source, target) = (Path.TrimEndingDirectorySeparator(Path.GetFullPath(from)), Path.TrimEndingDirectorySeparator(Path.GetFullPath(to)));
        if (Refuse(source, target) is { } refusal) throw new CmudException(CmudFailure.Refused, refusal);

        var draft = target + Unfinished;
        try
        {
            if (Path.Exists(draft)) throw new CmudException(CmudFailure.Refused, $"{draft} is left of a restore that was broken off; delete it and try again.");

            var bytes = 0L;
            foreach (var file in new DirectoryInfo(source).EnumerateFiles("*", SearchOption.AllDirectories))
            {
                var copy = Path.Combine(draft, Path.GetRelativePath(source, file.FullName));
                Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
                file.CopyTo(copy);
                bytes += file.Length;
            }

            if (Directory.Exists(target)) Directory.Delete(target);
            Directory.Move(draft, target);
            return bytes;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CmudException(CmudFailure.Refused, $"{target} was not made ({e.Message.ReplaceLineEndings(" ").TrimEnd('.', ' ')}); delete {draft} if it is there, make room, and try again.", e);
        }
    }

    private static string? Refuse(string from, string to)
    {
        // A copy of a server's own directory that runs would be torn; it has the same files, but for the lock.
        if (!File.Exists(Path.Combine(from, "server.json")) || !File.Exists(Path.Combine(from, "journal", "CURRENT")))
            return $"{from} is no backup of a server (server.json or journal/ is missing); name a directory that cmud backup made.";
        if (File.Exists(Path.Combine(from, "lock")))
            return $"{from} is the data directory of a server and no backup, since it has a lock; name a directory that cmud backup made.";

        return File.Exists(to) || (Directory.Exists(to) && Directory.EnumerateFileSystemEntries(to).Any())
            ? $"{to} is not empty; name a directory that is, or that is not there yet."
            : null;
    }
}
