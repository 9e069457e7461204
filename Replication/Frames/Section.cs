namespace Cmud.Replication.Frames;

/// <summary>
/// Entries of one origin with a claim: whoever merges this section has, for every sequence in (After, UpTo], that entry or
/// one that beats it.
/// </summary>
/// <remarks>
/// The claim must hold by this frame alone, since other frames may be lost together with the only server that could repeat
/// them. So a sequence in the interval is either among <see cref="Entries"/>, or the life that the frame is addressed to has told that it holds it, or its winner rides along in
/// <see cref="Riders"/>, or every member is known to hold it and a winner over it, or it was replaced before any server was sent it.
/// </remarks>
/// <param name="Origin">Whose sequences.</param>
/// <param name="After">The sequence before the first claimed.</param>
/// <param name="UpTo">The last claimed sequence.</param>
/// <param name="Entries">Entries of the interval that are still the newest of their keys, in order of sequence.</param>
/// <param name="Riders">Winners over other entries of the interval.</param>
public sealed record Section(Origin Origin, ulong After, ulong UpTo, IReadOnlyList<Entry> Entries, IReadOnlyList<Rider> Riders)
{
    /// <summary>The claimed sequences.</summary>
    public Interval Interval => new(After, UpTo);

    /// <summary>Where an entry is among those of a section, or -1.</summary>
    internal static int PlaceOf(IReadOnlyList<Entry> entries, Entry sought)
    {
        if (entries.Count == 0 || entries[0].Origin != sought.Origin) return -1;

        var (low, high) = (0, entries.Count - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            var order = entries[middle].Sequence.CompareTo(sought.Sequence);
            if (order == 0) return middle;
            if (order < 0) low = middle + 1;
            else high = middle - 1;
        }

        return -1;
    }
}

/// <summary>A winner that rides along, since it beat entries of the section's origin somewhere within First to Last.</summary>
/// <param name="Winner">The newest entry of the key, of any origin; it is merged, but its own sequence is not claimed.</param>
/// <param name="First">The least beaten sequence.</param>
/// <param name="Last">The greatest beaten sequence.</param>
public readonly record struct Rider(Entry Winner, ulong First, ulong Last);
