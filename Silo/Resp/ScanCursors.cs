namespace Cmud.Silo.Resp;

/// <summary>Where the SCANs of one connection are.</summary>
/// <remarks>
/// A cursor of Redis is a number of 64 bits, and the place of ours is a key of up to 1,024 bytes, so the number stands for a key that is kept here.
/// A SCAN that goes on gives its place up for the next one; so only scans that are under way count, and of too many the one that rested longest is forgotten.
/// </remarks>
internal sealed class ScanCursors
{
    /// <summary>Most scans under way on a connection: at the longest keys, 16 KiB.</summary>
    public const int Max = 16;

    private readonly List<(ulong Cursor, byte[] After)> _open = [];
    private ulong _last;

    /// <summary>The key after which a scan goes on; null where the cursor is not known.</summary>
    public byte[]? Find(ulong cursor) => _open.Find(open => open.Cursor == cursor).After;

    /// <summary>The cursor of a scan that goes on after a key.</summary>
    /// <param name="before">The cursor that led here, which is given up.</param>
    /// <param name="after">The last key that was shown; null at the end.</param>
    /// <returns>0 at the end.</returns>
    public ulong Advance(ulong before, byte[]? after)
    {
        _open.RemoveAll(open => open.Cursor == before);
        if (after is null) return 0;

        if (_open.Count == Max) _open.RemoveAt(0);
        _open.Add((++_last, after));
        return _last;
    }
}
