namespace Cmud.Grains.Interfaces;

/// <summary>Batches as objects, for callers who do not count them.</summary>
public static class BatchCalls
{
    /// <inheritdoc cref="IQueryGrain.Execute"/>
    public static async ValueTask<ExecuteReply> Execute(this IQueryGrain grain, ExecuteRequest request) => Unpack(await grain.Execute(Pack(request)).ConfigureAwait(false));

    /// <summary>The request as it travels.</summary>
    internal static PackedRequest Pack(in ExecuteRequest request)
    {
        var operations = request.Operations ?? [];
        var packed = new OperationBuffer(operations.Sum(static operation => operation.Key.Length + (operation.Value?.Length ?? 0) + OperationBuffer.Overhead));
        foreach (ref readonly var operation in operations.AsSpan()) packed.Add(operation);
        return packed.Request(request.Seen, request.AsksLags, request.IsBrief);
    }

    /// <summary>What was packed.</summary>
    internal static ExecuteRequest Unpack(PackedRequest packed)
    {
        var reader = new RequestReader(packed);
        var operations = new Operation[reader.Count];
        for (var i = 0; i < operations.Length; i++) operations[i] = reader.Next().ToOperation();
        return new(operations, reader.Seen, reader.AsksLags, reader.IsBrief);
    }

    /// <summary>The reply as it travels.</summary>
    internal static PackedReply Pack(in ExecuteReply reply)
    {
        var results = reply.Results ?? [];
        // All results of a batch are of the server that answered it.
        var writer = new ReplyWriter(results is [var first, ..] ? first.Get?.Server ?? first.Put?.Server ?? first.List?.Server ?? 0 : 0, results.Length);
        foreach (ref readonly var result in results.AsSpan())
        {
            if (result.Put is { } put) writer.Write(put);
            else if (result.List is { } list) writer.Write(list);
            else writer.Write(result.Get ?? default);
        }

        return writer.Finish(reply.Lags);
    }

    /// <summary>What was packed.</summary>
    internal static ExecuteReply Unpack(PackedReply packed)
    {
        var reader = new ReplyReader(packed);
        var results = new OperationResult[reader.Count];
        for (var i = 0; i < results.Length; i++) results[i] = reader.Next();
        return new(results, reader.Lags());
    }
}
