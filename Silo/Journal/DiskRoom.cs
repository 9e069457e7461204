using Cmud.Replication;

namespace Cmud.Silo.Journal;

/// <summary>How much room the disk of a directory has above a reserve. Safe for many threads.</summary>
/// <remarks>
/// The reserve is what RocksDB itself needs: a log that it allocates ahead, tables that it writes while the old ones are still there. Were that used up,
/// it would fail in the middle of a write, and the server would have to stop; a refused Put is better.
/// </remarks>
internal sealed class DiskRoom(string directory, long reserve, TimeProvider time)
{
    /// <summary>How old a look may be. 100 ms at 200 MB/s are 20 MB: well within the default reserve, and what was taken meanwhile is counted.</summary>
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(100);

    private readonly Lock _gate = new();
    private readonly DriveInfo _disk = new(directory);
    private long _free;
    private long? _looked;

    /// <summary>Whether the disk has less free than the reserve.</summary>
    public bool IsFull => !Has(1, reserve);

    /// <summary>Whether own writes of so many bytes leave the reserve free; if so, they count as written.</summary>
    public bool TryTake(long bytes) => Has(bytes, reserve);

    /// <summary>Whether what came from others leaves half the reserve free: it is acknowledged already where it was written, so it goes on a little longer than own writes.</summary>
    public bool TryTakeForeign(long bytes) => Has(bytes, reserve / 2);

    /// <summary>The refusal of a write, in one sentence.</summary>
    public JournalFullException Refusal()
    {
        lock (_gate)
            return new($"The disk of {directory} has {ByteSize.Show(_free)} free, less than the reserve of {ByteSize.Show(reserve)}, so nothing was stored; make room there (reads go on, and writes as soon as there is room), or lower --reserve.");
    }

    private bool Has(long bytes, long floor)
    {
        lock (_gate)
        {
            if (_looked is not { } looked || time.GetElapsedTime(looked) >= LookInterval || _free - bytes < floor)
            {
                _free = Free();
                _looked = time.GetTimestamp();
            }

            if (_free - bytes < floor) return false;

            _free -= bytes;
            return true;
        }
    }

    private long Free()
    {
        try
        {
            return _disk.AvailableFreeSpace;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Nobody can say: then the write itself will.
            return long.MaxValue;
        }
    }
}
