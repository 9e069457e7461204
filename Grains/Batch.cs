using Cmud.Grains.Interfaces;
using Cmud.Replication;

namespace Cmud.Grains;

/// <summary>The bounds of an Execute, checked before any of it is carried out.</summary>
internal static class Batch
{
    /// <summary>Most Lists in a batch: with pages of 1 MiB they stay within 16 MiB.</summary>
    private const int MaxLists = 16;

    /// <summary>Most bytes that the Gets of a batch may find.</summary>
    private const long MaxRead = 16 << 20;

    /// <summary>So many Gets cannot find more, whatever they find.</summary>
    private const int FewGets = (int)(MaxRead / (Door.MaxKeyBytes + Door.MaxValueBytes));

    public static void Check(Operation[] operations, Replica replica)
    {
        if (operations.Length is 0 or > Door.MaxBatch)
            throw new RefusedException($"The batch has {operations.Length} operations; it must have 1 to {Door.MaxBatch}.");

        var (lists, read) = (0, 0L);
        for (var i = 0; i < operations.Length; i++)
        {
            var operation = operations[i];
            var refusal = operation.Kind switch
            {
                OperationKind.List => ++lists > MaxLists ? $"A batch may hold at most {MaxLists} Lists." : Door.RefusePrefix(operation.Key),
                OperationKind.Put when operation.Value is null => "A Put needs a value.",
                OperationKind.Put => Door.RefuseKey(operation.Key) ?? Door.RefuseValue(operation.Value) ?? Door.RefuseTimeToLive(operation.TimeToLive),
                OperationKind.Get or OperationKind.Delete => Door.RefuseKey(operation.Key),
                _ => $"This server does not know operations of kind {(int)operation.Kind}; use a newer server.",
            };
            if (refusal is not null) throw new RefusedException($"Operation {i} of the batch: {refusal} Nothing of the batch was stored.");

            if (operation.Kind == OperationKind.Get && operations.Length > FewGets) read += replica.Get(operation.Key)?.Size ?? 0;
            if (read > MaxRead) throw new RefusedException($"The batch would read more than {MaxRead} bytes; ask for fewer keys at a time.");
        }
    }
}
