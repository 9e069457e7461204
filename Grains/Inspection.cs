using System.Buffers.Binary;
using Cmud.Grains.Interfaces;
using Cmud.Replication;

namespace Cmud.Grains;

/// <summary>What operators ask of one replica. Walks over all of it give the grain's queries their turn every 2 ms.</summary>
internal sealed class Inspection(Replica replica, Arrivals arrivals)
{
    /// <summary>Most walks at a time: each has a digest of 1 MiB, and takes a share of the grain's time.</summary>
    private const int MaxWalks = 4;

    private int _walks;

    public async ValueTask<DigestReply> Digest(DigestRequest request)
    {
        if (request.Groups is { Length: > DigestRequest.MaxGroups }) throw new RefusedException($"The request names {request.Groups.Length} groups but at most {DigestRequest.MaxGroups} are allowed.");

        var digest = new Digest(request.Seed);
        await Walk(entry =>
        {
            digest.Add(entry);
            return true;
        });
        var root = new byte[Replication.Digest.SumBytes];
        BinaryPrimitives.WriteUInt128LittleEndian(root, digest.Root);
        return new(digest.Keys, root, request.Groups is { } groups ? [.. groups.SelectMany(digest.BucketSums)] : digest.GroupSums());
    }

    public async ValueTask<KeysReply> Keys(KeysRequest request)
    {
        if (request.Buckets.Length > KeysRequest.MaxBuckets) throw new RefusedException($"The request names {request.Buckets.Length} buckets but at most {KeysRequest.MaxBuckets} are allowed.");

        var digest = new Digest(request.Seed);
        var (wanted, keys) = (request.Buckets.ToHashSet(), new List<KeyState>());
        await Walk(entry =>
        {
            if (!wanted.Contains(digest.BucketOf(entry.Key))) return true;

            keys.Add(new(entry.Key, entry.Stamp, Replication.Digest.Counts(entry), (ulong)digest.HashOf(entry)));
            return keys.Count <= KeysRequest.MaxKeys;
        });
        return new([.. keys.Take(KeysRequest.MaxKeys)], keys.Count > KeysRequest.MaxKeys);
    }

    public ExplainReply Explain(byte[] key, long now)
    {
        if (replica.Get(key) is not { } entry) return new(null, 0, null, 0, Entry.Never, null, null, replica.PurgeFloor.Value, now);

        var arrival = arrivals.Find(key, entry.Stamp);
        return new(entry.Stamp, entry.Sequence, Cut(entry.Value), entry.Value?.Length ?? 0, entry.Expiry, arrival?.At, arrival?.Replaced, replica.PurgeFloor.Value, now);
    }

    private async Task Walk(Func<Entry, bool> visit)
    {
        if (_walks == MaxWalks) throw new RefusedException($"{MaxWalks} comparisons of this replica are under way already; try again when one has ended.");

        _walks++;
        try
        {
            byte[]? cursor = null;
            while ((cursor = replica.Slice(cursor, visit)) is not null) await Task.Yield();
        }
        finally
        {
            _walks--;
        }
    }

    /// <summary>The beginning of a value, ending between two characters.</summary>
    private static byte[]? Cut(byte[]? value)
    {
        if (value is null || value.Length <= ExplainRequest.MaxValueBytes) return value;

        var end = ExplainRequest.MaxValueBytes;
        while ((value[end] & 0xC0) == 0x80) end--;
        return value[..end];
    }
}
