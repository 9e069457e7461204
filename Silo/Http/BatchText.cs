using Cmud.Grains.Interfaces;
using Cmud.Replication;

namespace Cmud.Silo.Http;

/// <summary>The operations of a batch: from what a client wrote to what a query grain is asked.</summary>
internal static class BatchText
{
    /// <summary>The operations, or what is wrong with the first that is refused.</summary>
    public static Problem? Read(BatchRequest? batch, out Operation[] operations)
    {
        operations = [];
        if (batch?.Operations is not { } given) return Problems.BadRequest("The batch has no operations; write {\"operations\": [{\"op\": \"get\", \"key\": \"town/square\"}]}.");
        if (given.Length is 0 or > Door.MaxBatch)
            return Problems.Limit("batch-operations", given.Length, Door.MaxBatch, $"The batch has {given.Length:N0} operations but must have 1 to {Door.MaxBatch:N0}; send it in parts.");

        var read = new Operation[given.Length];
        for (var i = 0; i < given.Length; i++)
        {
            if (Read(given[i], out read[i]) is { } problem)
                return problem with { Operation = i, Detail = $"Operation {i} of the batch: {problem.Detail} Nothing of the batch was stored." };
        }

        operations = read;
        return null;
    }

    private static Problem? Read(BatchOperation? given, out Operation operation)
    {
        operation = default;
        return given?.Op switch
        {
            "get" => RefuseOthers(given with { Key = null }, "key") ?? ReadKey(given, OperationKind.Get, out operation),
            "delete" => RefuseOthers(given with { Key = null }, "key") ?? ReadKey(given, OperationKind.Delete, out operation),
            "put" => RefuseOthers(given with { Key = null, Value = null, Ttl = null }, "key, value, ttl") ?? ReadPut(given, out operation),
            "list" => RefuseOthers(given with { Prefix = null, After = null, Limit = null }, "prefix, after, limit") ?? ReadList(given, out operation),
            var op => Problems.BadRequest($"The op is {(op is null ? "missing" : Door.Show(op))} but must be get, put, delete or list."),
        };
    }

    private static Problem? ReadKey(BatchOperation given, OperationKind kind, out Operation operation)
    {
        operation = default;
        if (given.Key is null) return Problems.BadKey("It has no key.");
        if (!Door.TryEncode(given.Key, out var key)) return Problems.BadKey(Door.RefuseSurrogates("key"));

        operation = new(kind, key);
        return Problems.RefuseKey(key);
    }

    private static Problem? ReadPut(BatchOperation given, out Operation operation)
    {
        if (ReadKey(given, OperationKind.Put, out operation) is { } problem) return problem;
        if (given.Value is null) return Problems.BadValue("It has no value.");
        if (!Door.TryEncode(given.Value, out var value)) return Problems.BadValue(Door.RefuseSurrogates("value"));
        if (Problems.RefuseValue(value) is { } refusal) return refusal;

        operation = operation with { Value = value };
        if (given.Ttl is not { } ttl) return null;

        problem = TimeToLiveText.Read(ttl, out var timeToLive);
        operation = operation with { TimeToLive = timeToLive };
        return problem;
    }

    private static Problem? ReadList(BatchOperation given, out Operation operation)
    {
        operation = default;
        if (!Door.TryEncode(given.Prefix ?? "", out var prefix)) return Problems.BadKey(Door.RefuseSurrogates("prefix"));
        if (!Door.TryEncode(given.After ?? "", out var after)) return Problems.BadKey(Door.RefuseSurrogates("key"));

        var problem = ListEndpoint.Read(prefix, after, given.Limit, out var list);
        operation = new(OperationKind.List, list.Prefix, After: list.After, Limit: list.Limit);
        return problem;
    }

    /// <summary>Null where nothing is left but the name of the operation: a value given to a get is a slip.</summary>
    private static Problem? RefuseOthers(BatchOperation rest, string taken) =>
        rest == new BatchOperation(rest.Op, null, null, null, null, null, null) ? null : Problems.BadRequest($"A {rest.Op} takes {taken} and nothing else.");
}
