namespace Cmud.Replication.Sync;

/// <summary>The digest of all that a server holds, kept with every write, and when each of its buckets last changed.</summary>
/// <remarks>
/// Its seed is the same at all servers, or they could not compare without walking over everything. Who writes entries whose hashes cancel out hides from
/// the comparison only what they wrote themselves; <c>cmud verify</c> takes a new seed each time.
/// </remarks>
internal sealed class LiveDigest
{
    private const ulong Seed = 0x436d75644f726c65;

    private readonly Digest _digest = new(Seed);
    private readonly TimeSpan[]?[] _changedAt = new TimeSpan[Digest.Groups][];

    /// <summary>Monotonic time of the step that goes on.</summary>
    public TimeSpan Now { get; set; }

    /// <summary>How many keys count.</summary>
    public long Keys => _digest.Keys;

    /// <summary>The sum of all buckets.</summary>
    public UInt128 Root => _digest.Root;

    /// <inheritdoc cref="Digest.GroupSums"/>
    public byte[] GroupSums() => _digest.GroupSums();

    /// <inheritdoc cref="Digest.BucketSums"/>
    public byte[] BucketSums(byte group) => _digest.BucketSums(group);

    /// <inheritdoc cref="Digest.BucketOf"/>
    public ushort BucketOf(byte[] key) => _digest.BucketOf(key);

    /// <summary>What of an entry's hash travels in a listing.</summary>
    public ulong HashOf(Entry entry) => (ulong)_digest.HashOf(entry);

    /// <summary>An entry is the newest of its key now, in place of another.</summary>
    public void Replace(Entry? replaced, Entry entry)
    {
        var bucket = _digest.Replace(replaced, entry);
        (_changedAt[bucket / Digest.GroupSize] ??= NewGroup())[bucket % Digest.GroupSize] = Now;
    }

    /// <summary>Which buckets of a group have not changed since a time: a bit each, least first.</summary>
    public byte[] Settled(byte group, TimeSpan since)
    {
        var mask = new byte[Digest.GroupSize / 8];
        for (var i = 0; i < Digest.GroupSize; i++)
        {
            if (_changedAt[group] is not { } changed || changed[i] <= since) mask[i / 8] |= (byte)(1 << (i % 8));
        }

        return mask;
    }

    private static TimeSpan[] NewGroup()
    {
        var group = new TimeSpan[Digest.GroupSize];
        Array.Fill(group, TimeSpan.MinValue);
        return group;
    }
}
