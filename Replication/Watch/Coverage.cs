namespace Cmud.Replication.Watch;

/// <summary>What a replica had merged at a moment: whoever was told of all that it showed then needs of any other replica only what is not in here.</summary>
/// <param name="Floors">Per origin, in no order. An origin that is not named is not covered at all.</param>
/// <param name="PurgeFloor">What was purged before that moment had lesser timestamps; see <see cref="Replica.PurgeFloor"/>.</param>
public sealed record Coverage(IReadOnlyList<OriginFloor> Floors, HybridTimestamp PurgeFloor)
{
    /// <summary>Most origins that are named: what is left out may be told twice.</summary>
    public const int MaxOrigins = 256;

    /// <summary>Of nothing.</summary>
    public static readonly Coverage None = new([], default);

    /// <summary>Whether another one has nothing that is not in here.</summary>
    public bool Covers(Coverage other)
    {
        var floors = ToDictionary();
        return other.Floors.All(floor => floors.GetValueOrDefault(floor.Origin) >= floor.Sequence);
    }

    /// <summary>What both have.</summary>
    public Coverage Intersect(Coverage other)
    {
        var floors = other.ToDictionary();
        return new(
            [.. Floors.Select(floor => floor with { Sequence = Math.Min(floor.Sequence, floors.GetValueOrDefault(floor.Origin)) }).Where(static floor => floor.Sequence > 0)],
            HybridTimestamp.Min(PurgeFloor, other.PurgeFloor));
    }

    /// <summary>The floors by origin.</summary>
    public Dictionary<Origin, ulong> ToDictionary()
    {
        var floors = new Dictionary<Origin, ulong>(Floors.Count);
        foreach (var floor in Floors) floors[floor.Origin] = floor.Sequence;
        return floors;
    }
}
