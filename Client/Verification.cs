using System.Buffers.Binary;
using Cmud.Grains.Interfaces;
using Cmud.Replication;

namespace Cmud.Client;

/// <summary>Compares replicas while they go on being written to.</summary>
/// <remarks>
/// Replicas that are written to are never equal at one moment: something is always under way. So a difference counts only if it stands. The buckets that differ at
/// first are taken a few at a time: their keys are listed, and listed again, until every replica has what was the newest write of each at first, or the time is up.
/// What differs later is of no interest, and a bucket that agreed once meanwhile is done.
/// </remarks>
internal sealed class Verification(ReplicaLink[] replicas, TimeProvider time, TimeSpan within, ulong seed)
{
    /// <summary>Most lots of buckets that are followed: a newcomer that is far behind has too many for that, and is not equal yet anyway.</summary>
    private const int MaxRounds = 64;

    /// <summary>So many keys in a lot, about: half of what one listing holds.</summary>
    private const int LotKeys = KeysRequest.MaxKeys / 2;

    /// <summary>Between two looks: a write is at all servers after half a second or so.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    private readonly long _began = time.GetTimestamp();
    private int _healed;

    public async Task<Verdict> RunAsync(CancellationToken cancellationToken)
    {
        var digests = await DigestAsync(groups: null, cancellationToken).ConfigureAwait(false);
        if (AreEqual(digests)) return Judge(digests[0], isCut: false);

        var suspects = await DifferingAsync(digests, cancellationToken).ConfigureAwait(false);
        for (var round = 0; suspects.Count > 0; round++)
        {
            var lot = suspects.Take((int)Math.Clamp(LotKeys * (long)Digest.Buckets / Math.Max(1, digests[0].Keys), 1, KeysRequest.MaxBuckets)).ToArray();
            var (first, now, standing) = await FollowAsync(lot, cancellationToken).ConfigureAwait(false);
            suspects.ExceptWith(lot);
            if (standing.Count > 0) return Judge(digests[0], first.IsCut || suspects.Count > 0, standing, now);
            if (suspects.Count == 0) break;
            if (round == MaxRounds || first.IsCut) return Judge(digests[0], isCut: true);

            digests = await DigestAsync(groups: null, cancellationToken).ConfigureAwait(false);
            if (AreEqual(digests)) break;
            suspects.IntersectWith(await DifferingAsync(digests, cancellationToken).ConfigureAwait(false));
        }

        return Judge(digests[0], isCut: false);
    }

    /// <summary>Lists the keys of buckets until the differences of the first listing have healed, or the time is up.</summary>
    private async Task<(Listing First, Listing Last, List<byte[]> Standing)> FollowAsync(ushort[] buckets, CancellationToken cancellationToken)
    {
        var first = await ListAsync(buckets, cancellationToken).ConfigureAwait(false);
        var (since, last, standing) = (time.GetTimestamp(), first, first.Differing.ToList());
        _healed += standing.Count;
        while (standing.Count > 0 && time.GetElapsedTime(since) < within)
        {
            // Servers tell nobody when their replicas become equal: they are looked at again.
            await Task.Delay(Pause, time, cancellationToken).ConfigureAwait(false);
            last = await ListAsync(buckets, cancellationToken).ConfigureAwait(false);
            standing = [.. standing.Where(key => last.Stands(key, first))];
        }

        _healed -= standing.Count;
        return (first, last, standing);
    }

    private static bool AreEqual(DigestReply[] digests) => digests.All(digest => digest.Root.AsSpan().SequenceEqual(digests[0].Root));

    private Verdict Judge(DigestReply first, bool isCut) => Judge(first, isCut, [], last: null);

    private Verdict Judge(DigestReply first, bool isCut, List<byte[]> standing, Listing? last) => new(
        replicas.Select(static replica => replica.Server.Id).Distinct().Count(),
        replicas.Length,
        first.Keys,
        BinaryPrimitives.ReadUInt128LittleEndian(first.Root),
        _healed,
        time.GetElapsedTime(_began),
        [.. standing.Take(Verdict.MaxDifferences).Select(key => new KeyDifference(Door.Decode(key), last!.Held(key)!))],
        standing.Count,
        isCut);

    /// <summary>The buckets in which replicas differ.</summary>
    private async Task<HashSet<ushort>> DifferingAsync(DigestReply[] digests, CancellationToken cancellationToken)
    {
        var groups = Digest.Differing([.. digests.Select(static digest => digest.Sums)]).Select(static group => (byte)group).ToArray();
        var sums = await DigestAsync(groups, cancellationToken).ConfigureAwait(false);
        return [.. Digest.Differing([.. sums.Select(static digest => digest.Sums)]).Select(place => (ushort)((groups[place / Digest.GroupSize] * Digest.GroupSize) + (place % Digest.GroupSize)))];
    }

    private Task<DigestReply[]> DigestAsync(byte[]? groups, CancellationToken cancellationToken) =>
        Task.WhenAll(replicas.Select(replica => replica.AskAsync(new DigestRequest(seed, groups), static (grain, request) => grain.Digest(request), cancellationToken)));

    private async Task<Listing> ListAsync(ushort[] buckets, CancellationToken cancellationToken) => new(
        replicas,
        await Task.WhenAll(replicas.Select(replica => replica.AskAsync(new KeysRequest(seed, buckets), static (grain, request) => grain.Keys(request), cancellationToken))).ConfigureAwait(false));
}
