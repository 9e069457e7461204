namespace Cmud.Grains;

/// <summary>What one query grain was asked and did, since the server started. Counted in the grain's turns: an addition, and nothing else, on the way of a query.</summary>
internal sealed class OperationCounts
{
    /// <summary>Gets answered.</summary>
    public long Gets { get; set; }

    /// <summary>Pages of Lists answered.</summary>
    public long Lists { get; set; }

    /// <summary>Calls of watches: one for each answer, with changes or without.</summary>
    public long Watches { get; set; }

    /// <summary>Puts committed.</summary>
    public long Puts { get; set; }

    /// <summary>Deletes committed.</summary>
    public long Deletes { get; set; }
}
