using Cmud.Grains.Interfaces;
using Cmud.Replication;

namespace Cmud.Client;

/// <summary>The keys of some buckets, as every replica held them at about one moment.</summary>
internal sealed class Listing
{
    private readonly SortedDictionary<byte[], HeldKey[]> _keys = new(KeyOrder.Instance);

    public Listing(IReadOnlyList<ReplicaLink> replicas, IReadOnlyList<KeysReply> replies)
    {
        // A reply that was cut says nothing of the keys above its last.
        var last = replies.Where(static reply => reply.More).Select(static reply => reply.Keys[^1].Key).Min(KeyOrder.Instance);
        IsCut = last is not null;
        for (var i = 0; i < replicas.Count; i++)
        {
            foreach (var state in replies[i].Keys)
            {
                if (last is not null && KeyOrder.Instance.Compare(state.Key, last) > 0) break;

                if (!_keys.TryGetValue(state.Key, out var held))
                    _keys[state.Key] = held = [.. replicas.Select(static replica => new HeldKey(replica.Server, replica.Grain, Stamp: null, IsShown: false, Hash: 0))];
                held[i] = held[i] with { Stamp = state.Stamp, IsShown = state.Counts, Hash = state.Hash };
            }
        }
    }

    /// <summary>Whether there are keys beyond those that are listed.</summary>
    public bool IsCut { get; }

    /// <summary>The keys about which the replicas do not agree, in order.</summary>
    public IEnumerable<byte[]> Differing => _keys.Where(static pair => Differ(pair.Value)).Select(static pair => pair.Key);

    /// <summary>What each replica holds of a key; null where none held any.</summary>
    public IReadOnlyList<HeldKey>? Held(byte[] key) => _keys.GetValueOrDefault(key);

    /// <summary>Whether a difference of an earlier listing stands: not where it has healed and later writes made another.</summary>
    /// <remarks>It stands where a replica still lacks the newest write that was known then, or where one write has two values.</remarks>
    public bool Stands(byte[] key, Listing earlier)
    {
        if (Held(key) is not { } now || !Differ(now)) return false;

        var newest = earlier.Held(key)!.Max(static held => held.Stamp);
        return now.Any(held => held.Stamp is not { } stamp || stamp < newest) || now.GroupBy(static held => held.Stamp).Any(static same => same.DistinctBy(static held => held.Hash).Count() > 1);
    }

    private static bool Differ(IReadOnlyList<HeldKey> held) => held.Any(one => one.Shown != held[0].Shown);
}
