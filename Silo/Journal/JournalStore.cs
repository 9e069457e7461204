using System.Runtime.InteropServices;
using RocksDbSharp;

namespace Cmud.Silo.Journal;

/// <summary>The journal's RocksDB: one family of rows, so that what a damaged log leaves is a state that once was.</summary>
internal sealed class JournalStore : IDisposable
{
    /// <summary>What is kept in memory until it becomes a table. The log of as much is read at a start after a crash (0.1 s), and allocated ahead.</summary>
    private const ulong BufferBytes = 8 << 20;

    /// <summary>Small tables and a small first level: what is written anew at a time, 4 buffers and that level, 48 MiB, must fit into the reserve.</summary>
    private const ulong TableBytes = 8 << 20;

    /// <summary>How far reading runs ahead of the reader: the whole journal is read once, in order.</summary>
    private const ulong ReadAhead = 4 << 20;

    private readonly RocksDb _db;
    private readonly WriteOptions _synced = new WriteOptions().SetSync(true);
    private readonly WriteOptions _unsynced = new();

    private JournalStore(RocksDb db) => _db = db;

    /// <summary>Opens the files in a directory.</summary>
    /// <param name="path">The directory.</param>
    /// <param name="create">Whether to make a new journal where there is none.</param>
    /// <exception cref="RocksDbException">They cannot be read or written.</exception>
    public static JournalStore Open(string path, bool create) => new(RocksDb.Open(Settings(create), path));

    /// <summary>Writes rows as one.</summary>
    /// <exception cref="RocksDbException">They were not written, or nobody knows.</exception>
    public void Write(JournalBatch batch, bool sync) => _db.Write(batch.Rows, sync ? _synced : _unsynced);

    /// <summary>Moves what is in the log to a table.</summary>
    public void Flush() => _db.Flush(new FlushOptions().SetWaitForFlush(true));

    /// <summary>Copies the files, as they are at one moment, to a directory that is not there yet; on the same disk by links, which costs no room at first.</summary>
    /// <exception cref="RocksDbException">They were not copied.</exception>
    public void CopyTo(string path)
    {
        using var checkpoint = _db.Checkpoint();
        checkpoint.Save(path);
    }

    /// <summary>A number about the journal; null where it is not there.</summary>
    public ulong? Number(Fact fact)
    {
        Span<byte> key = stackalloc byte[2];
        JournalRow.WriteFactKey(key, fact);
        return _db.Get(key) is { } row ? JournalRow.ReadNumber(row) : null;
    }

    /// <summary>All rows of one kind, in order.</summary>
    /// <exception cref="InvalidDataException">The files are damaged.</exception>
    public IEnumerable<T> Read<T>(RowKind kind, RowReader<T> read)
    {
        using var rows = _db.NewIterator(readOptions: Reading(kind));
        for (rows.SeekToFirst(); rows.Valid(); rows.Next()) yield return Read(rows.Handle, read);
        Check(rows);
    }

    public void Dispose() => _db.Dispose();

    private static DbOptions Settings(bool create) => new DbOptions()
        .SetCreateIfMissing(create)
        .SetParanoidChecks(true)
        // What follows a damaged record is not read either: the rest is a state that once was, and the other servers have what came after.
        .SetWalRecoveryMode(Recovery.PointInTime)
        .SetWriteBufferSize(BufferBytes)
        .SetMaxTotalWalSize(2 * BufferBytes)
        .SetTargetFileSizeBase(TableBytes)
        .SetMaxBytesForLevelBase(2 * BufferBytes)
        .SetCompression(Compression.Lz4)
        .SetMaxManifestFileSize(4 << 20)
        .SetInfoLogLevel(InfoLogLevel.Warn)
        .SetMaxLogFileSize(1 << 20)
        .SetKeepLogFileNum(4)
        .SetStatsDumpPeriodSec(0);

    /// <summary>Reads one kind and no further. Every block's checksum is verified, and nothing is cached that is read only once.</summary>
    private static ReadOptions Reading(RowKind kind) => new ReadOptions()
        .SetVerifyChecksums(true)
        .SetFillCache(false)
        .SetReadaheadSize(ReadAhead)
        .SetIterateLowerBound([(byte)kind])
        .SetIterateUpperBound([(byte)(kind + 1)]);

    private static unsafe T Read<T>(IntPtr rows, RowReader<T> read)
    {
        // Straight from RocksDB's memory, which holds until the next step: a million rows are read in a second.
        var key = Native.Instance.rocksdb_iter_key(rows, out var keyLength);
        var value = Native.Instance.rocksdb_iter_value(rows, out var valueLength);
        return read(new((void*)key, (int)keyLength), new((void*)value, (int)valueLength));
    }

    /// <summary>An iterator that meets a damaged block ends as if that were the end.</summary>
    private static void Check(Iterator rows)
    {
        Native.Instance.rocksdb_iter_get_error(rows.Handle, out var error);
        if (error == IntPtr.Zero) return;

        var reason = Marshal.PtrToStringUTF8(error);
        Native.Instance.rocksdb_free(error);
        throw new InvalidDataException(reason);
    }
}

/// <summary>Makes of a row what it says; keeps neither span.</summary>
internal delegate T RowReader<out T>(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value);
