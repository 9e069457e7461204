namespace Cmud.Replication;

/// <summary>A journal that can be copied while it is written.</summary>
public interface IBackupJournal : IJournal
{
    /// <summary>Copies the journal, as it is at some moment during the call, into a new data directory on this machine.</summary>
    /// <param name="directory">A full path at which there is nothing yet.</param>
    /// <returns>The bytes of the copy.</returns>
    /// <exception cref="BackupException">It was not made; nothing is left at that path.</exception>
    Task<long> Backup(string directory);
}

/// <summary>A backup was not made; the message is one sentence that says why, and what to do.</summary>
public sealed class BackupException(string message, Exception? inner = null) : Exception(message, inner);
