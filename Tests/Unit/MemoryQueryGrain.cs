using Cmud.Grains;
using Cmud.Grains.Interfaces;
using Cmud.Replication;

namespace Cmud.Tests.Unit;

/// <summary>A query grain without Orleans: the real replica, door and bounds, a time that is given, and a memory of the calls.</summary>
internal sealed class MemoryQueryGrain(TimeProvider time) : IQueryGrain
{
    private const ulong Server = 1;
    private readonly Replica _replica = new();
    private ulong _writes;

    /// <summary>What was called, in order: Execute with how many operations, or List with its limit.</summary>
    public List<string> Calls { get; } = [];

    /// <summary>Thrown by the next call where set.</summary>
    public Exception? Failure { get; set; }

    /// <summary>An Execute that Gets more is refused whole, as the real one refuses to read too much at a time.</summary>
    public int MaxGets { get; set; } = int.MaxValue;

    /// <summary>The same for a brief one.</summary>
    public int MaxBriefGets { get; set; } = int.MaxValue;

    private long Now => time.GetUtcNow().ToUnixTimeMilliseconds();

    public ValueTask<GetReply> Get(GetRequest request) => throw new NotSupportedException();

    public ValueTask<PutReply> Put(PutRequest request) => throw new NotSupportedException();

    public ValueTask<PutReply> Delete(DeleteRequest request) => throw new NotSupportedException();

    public ValueTask<ListReply> List(ListRequest request)
    {
        Called($"List {request.Limit}");
        if (Door.RefusePrefix(request.Prefix) is { } refusal) throw new RefusedException(refusal);
        return new(Answer.List(_replica, request, Now, new(Server)));
    }

    public ValueTask<PackedReply> Execute(PackedRequest request)
    {
        var (operations, _, _, isBrief) = BatchCalls.Unpack(request);
        Called($"Execute {operations.Length}");
        if (operations.Count(operation => operation.Kind == OperationKind.Get) > (isBrief ? Math.Min(MaxGets, MaxBriefGets) : MaxGets)) throw new RefusedException("The batch would read too much.");
        var writes = Batch.Check(request, _replica);
        var results = operations.Select(Do).ToArray();
        if (writes == 0) Batch.CheckRead(request, results.Sum(result => result.Get?.Value?.Length ?? 0));
        return new(BatchCalls.Pack(new ExecuteReply(results)));
    }

    public ValueTask<WatchReply> Watch(WatchRequest request) => throw new NotSupportedException();

    public ValueTask<ServerDescription> Describe() => new(new ServerDescription(Server, "memory", "memory:1", 1));

    private OperationResult Do(Operation operation)
    {
        if (operation.Kind == OperationKind.Get) return new(Get: Answer.Get(_replica, operation.Key, Now, new(Server)));

        var expiry = operation.TimeToLive is { } span ? Now + (long)span.TotalMilliseconds : Entry.Never;
        var entry = new Entry(operation.Key, operation.Value, Writes.StampOf(++_writes), _writes, expiry);
        _replica.Merge(entry);
        return new(Put: new(entry.Stamp, entry.Sequence, Server));
    }

    private void Called(string call)
    {
        Calls.Add(call);
        if (Failure is not { } failure) return;

        Failure = null;
        throw failure;
    }
}
