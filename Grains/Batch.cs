using Cmud.Grains.Interfaces;
using Cmud.Replication;

namespace Cmud.Grains;

/// <summary>The bounds of an Execute, checked before any of it is carried out.</summary>
internal static class Batch
{
    /// <summary>Most Lists in a batch: with pages of 1 MiB they stay within 16 MiB.</summary>
    private const int MaxLists = 16;

    /// <summary>Throws where an operation is refused.</summary>
    /// <returns>How many of them write.</returns>
    public static int Check(PackedRequest request, Replica replica)
    {
        try
        {
            var (writes, gets) = CheckEach(request);
            // What writes is refused before it has written, so what its Gets will find is looked up first; so few cannot find more, whatever they find.
            if (writes > 0 && gets > MaxReadOf(request) / (Door.MaxKeyBytes + Door.MaxValueBytes)) CheckAhead(request, replica);
            return writes;
        }
        catch (InvalidDataException e)
        {
            throw new RefusedException($"The batch cannot be read: {e.Message}. Nothing of it was stored.");
        }
    }

    /// <summary>Its writes, in their order.</summary>
    /// <param name="request">The batch.</param>
    /// <param name="count">How many there are.</param>
    /// <param name="replica">Whose arrays of keys are used where it has them: an overwrite makes no new one, and all replicas find it without a look at the bytes.</param>
    /// <param name="draft">Makes what is written of key, value (null: a Delete) and time to live.</param>
    public static Entry[] Writes(PackedRequest request, int count, Replica replica, Func<byte[], byte[]?, TimeSpan?, Entry> draft)
    {
        var batch = new RequestReader(request);
        var writes = new Entry[count];
        for (var found = 0; found < count;)
        {
            var operation = batch.Next();
            if (operation.IsWrite) writes[found++] = draft(replica.Get(operation.Key)?.Key ?? operation.Key.ToArray(), operation.Kind == OperationKind.Put ? operation.Value.ToArray() : null, operation.TimeToLive);
        }

        return writes;
    }

    /// <summary>Throws where Gets have found too much; only for a batch that writes nothing, of which nothing is lost.</summary>
    public static void CheckRead(PackedRequest request, int bytes)
    {
        if (bytes > MaxReadOf(request)) throw TooMuch(request);
    }

    private static (int Writes, int Gets) CheckEach(PackedRequest request)
    {
        var batch = new RequestReader(request);
        if (batch.Count is 0 or > Door.MaxBatch) throw new RefusedException($"The batch has {batch.Count} operations; it must have 1 to {Door.MaxBatch}.");

        var (writes, gets, lists) = (0, 0, 0);
        for (var i = 0; i < batch.Count; i++)
        {
            var operation = batch.Next();
            if (Refuse(operation, ref lists) is { } refusal) throw new RefusedException($"Operation {i} of the batch: {refusal} Nothing of the batch was stored.");

            if (operation.IsWrite) writes++;
            else if (operation.Kind == OperationKind.Get) gets++;
        }

        return (writes, gets);
    }

    private static void CheckAhead(PackedRequest request, Replica replica)
    {
        var batch = new RequestReader(request);
        var read = 0L;
        // What it puts itself it may read too.
        var own = new Dictionary<byte[], int>(KeyOrder.Instance);
        for (var i = 0; i < batch.Count; i++)
        {
            var operation = batch.Next();
            if (operation.IsWrite) own[operation.Key.ToArray()] = operation.Key.Length + operation.Value.Length;
            else if (operation.Kind == OperationKind.Get) read += Math.Max(own.GetValueOrDefault(operation.Key.ToArray()), replica.Get(operation.Key)?.Size ?? 0);
            if (read > MaxReadOf(request)) throw TooMuch(request);
        }
    }

    private static int MaxReadOf(PackedRequest request) => new RequestReader(request).IsBrief ? Door.MaxBriefReadBytes : Door.MaxReadBytes;

    private static RefusedException TooMuch(PackedRequest request) => new($"The batch would read more than {MaxReadOf(request)} bytes; ask for fewer keys at a time.");

    private static string? Refuse(in PackedOperation operation, ref int lists) => operation.Kind switch
    {
        OperationKind.List => ++lists > MaxLists ? $"A batch may hold at most {MaxLists} Lists." : Door.RefuseGatewayPrefix(operation.Key) ?? Door.RefuseLimit(operation.Limit),
        OperationKind.Put when !operation.HasValue => "A Put needs a value.",
        OperationKind.Put => Door.RefuseGatewayKey(operation.Key) ?? Door.RefuseValue(operation.Value) ?? Door.RefuseTimeToLive(operation.TimeToLive),
        OperationKind.Get or OperationKind.Delete => Door.RefuseGatewayKey(operation.Key),
        var other => $"This server does not know operations of kind {(int)other}; use a newer server.",
    };
}
