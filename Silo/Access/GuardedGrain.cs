using Cmud.Grains;
using Cmud.Grains.Interfaces;
using Cmud.Grains.Interfaces.Access;
using Cmud.Replication;

namespace Cmud.Silo.Access;

/// <summary>A query grain as a client of a gateway may use it: each call is held against what its token grants, and keys get and lose the namespace on the way.</summary>
/// <remarks>Every method throws what <see cref="IQueryGrain"/> does, <see cref="AccessDeniedException"/>, and <see cref="BusyException"/>.</remarks>
/// <param name="grain">The grain.</param>
/// <param name="index">Its key.</param>
/// <param name="tokens">The tokens that stand.</param>
/// <param name="turns">What writes that are allowed only as things are wait for.</param>
/// <param name="admission">How much clients may ask.</param>
/// <param name="metrics">Hears how long it took.</param>
/// <param name="address">Where the client is.</param>
/// <param name="grant">What the client may do; null before it has sent a token.</param>
internal sealed class GuardedGrain(IQueryGrain grain, int index, TokenTable tokens, WriteTurns turns, Admission admission, StoreMetrics metrics, string address, Grant? grant) : IQueryGrain
{
    /// <summary>What the client may do; null before it has sent a token.</summary>
    public Grant? Grant { get; set; } = grant;

    /// <inheritdoc/>
    public async ValueTask<GetReply> Get(GetRequest request)
    {
        var granted = Admit(Rights.Get, request.Key);
        return await Answered(grain.Get(request with { Key = Inside(granted, request.Key) }));
    }

    /// <inheritdoc/>
    public async ValueTask<PutReply> Put(PutRequest request)
    {
        var granted = Admit(operations: 1);
        Check(Door.RefuseKey(request.Key));
        using var turn = granted.DemandPut(request.Key).Right == Rights.Put ? null : await turns.Take(Places(granted, request.Key));
        await Permit(granted, request.Key);
        return await Answered(grain.Put(request with { Key = Inside(granted, request.Key) }));
    }

    /// <inheritdoc/>
    public async ValueTask<PutReply> Delete(DeleteRequest request)
    {
        var granted = Admit(Rights.Delete, request.Key);
        return await Answered(grain.Delete(request with { Key = Inside(granted, request.Key) }));
    }

    /// <inheritdoc/>
    public async ValueTask<ListReply> List(ListRequest request)
    {
        var granted = Admit(operations: 1);
        Check(Door.RefusePrefix(request.Prefix) ?? Door.RefuseKnown(request.Known));
        granted.Demand(Rights.List, request.Prefix);
        var reply = await Answered(grain.List(request with
        {
            Prefix = Inside(granted, request.Prefix),
            After = request.After is { } after ? Inside(granted, after) : null,
            Known = request.Known is { } known ? Array.ConvertAll(known, key => Inside(granted, key)) : null,
        }));
        return Outside(granted, reply);
    }

    /// <inheritdoc/>
    public async ValueTask<WatchReply> Watch(WatchRequest request)
    {
        var granted = Admit(operations: 1);
        Check(Door.RefusePrefix(request.Prefix));
        granted.Demand(Rights.Watch, request.Prefix);
        var reply = await grain.Watch(request with { Prefix = Inside(granted, request.Prefix) });
        // Revoked while it waited: what came since is not told.
        tokens.Confirm(Grant);
        return granted.Namespace.Length == 0 ? reply : reply with { Items = Array.ConvertAll(reply.Items, item => item with { Key = Outside(granted, item.Key) }) };
    }

    /// <inheritdoc/>
    public async ValueTask<PackedReply> Execute(PackedRequest request)
    {
        var granted = Admit(new RequestReader(request).Count);
        using var turn = Demand(granted, request) ? await PermitEach(granted, request) : null;
        if (granted.Namespace.Length == 0) return await Answered(grain.Execute(request));

        var (operations, seen, asksLags, isBrief) = BatchCalls.Unpack(request);
        var inside = Array.ConvertAll(operations, operation => operation with { Key = Inside(granted, operation.Key), After = operation.After is { } after ? Inside(granted, after) : null });
        var reply = BatchCalls.Unpack(await Answered(grain.Execute(BatchCalls.Pack(new ExecuteRequest(inside, seen, asksLags, isBrief)))));
        return BatchCalls.Pack(reply with { Results = Array.ConvertAll(reply.Results, result => result.List is { } list ? result with { List = Outside(granted, list) } : result) });
    }

    /// <inheritdoc/>
    public ValueTask<ServerDescription> Describe() => grain.Describe();

    private ValueTask<T> Answered<T>(ValueTask<T> call) => metrics.Answered(call, index);

    /// <summary>What the client may do as things stand; throws where it may not ask at all.</summary>
    private Grant Admit(int operations)
    {
        var granted = tokens.Confirm(Grant);
        admission.Admit(granted, address, index, operations);
        return granted;
    }

    /// <inheritdoc cref="Admit(int)"/>
    private Grant Admit(Rights right, byte[] key)
    {
        var granted = Admit(operations: 1);
        Check(Door.RefuseKey(key));
        granted.Demand(right, key);
        return granted;
    }

    /// <summary>Throws where an operation is refused or denied; says whether there are writes that must be looked at one by one.</summary>
    private static bool Demand(Grant granted, PackedRequest request)
    {
        var batch = new RequestReader(request);
        var looksAtWrites = false;
        for (var i = 0; i < batch.Count; i++)
        {
            var operation = batch.Next();
            Check(operation.Kind == OperationKind.List ? Door.RefusePrefix(operation.Key) : Door.RefuseKey(operation.Key));
            if (operation.Kind == OperationKind.Put) looksAtWrites |= granted.DemandPut(operation.Key).Right != Rights.Put;
            else granted.Demand(operation.Kind switch { OperationKind.Get => Rights.Get, OperationKind.List => Rights.List, _ => Rights.Delete }, operation.Key);
        }

        return looksAtWrites;
    }

    /// <summary>As <see cref="Permit"/>, of each Put of a batch in its turn: those before it count as carried out.</summary>
    /// <returns>The turn in which the batch is to be carried out.</returns>
    private async ValueTask<WriteTurns.Turn> PermitEach(Grant granted, PackedRequest request)
    {
        var keys = BatchCalls.Unpack(request).Operations.Where(static operation => operation.Kind == OperationKind.Put).Select(static operation => operation.Key).ToArray();
        var turn = await turns.Take(keys.SelectMany(key => Places(granted, key)));
        try
        {
            var set = new SortedSet<byte[]>(KeyOrder.Instance);
            foreach (var key in keys)
            {
                var (right, prefix) = granted.DemandPut(key);
                if (!set.Add(key) && right != Rights.Put) throw Exists(key);
                if (right == Rights.Append && set.GetViewBetween(key, set.Max).ElementAtOrDefault(1) is { } above && above.AsSpan().StartsWith(prefix)) throw Below(key, above);
                await Permit(granted, key);
            }

            return turn;
        }
        catch
        {
            turn.Dispose();
            throw;
        }
    }

    /// <summary>What nobody else may write meanwhile that asks first whether it may.</summary>
    private static IEnumerable<byte[]> Places(Grant granted, byte[] key)
    {
        var (right, prefix) = granted.DemandPut(key);
        if (right != Rights.Put) yield return Inside(granted, key);
        if (right == Rights.Append) yield return Inside(granted, prefix);
    }

    /// <summary>Throws where a key may not be set, or not as things are here.</summary>
    private async ValueTask Permit(Grant granted, byte[] key)
    {
        var (right, prefix) = granted.DemandPut(key);
        if (right == Rights.Put) return;

        foreach (var one in turns.Grains)
        {
            if ((await one.Get(new(Inside(granted, key), Seen: 0))).Value is not null) throw Exists(key);
            if (right == Rights.Append && (await one.List(new(Inside(granted, prefix), Inside(granted, key), Limit: 1, Seen: 0))).Items is [var above, ..])
                throw Below(key, Outside(granted, above.Key));
        }
    }

    private static AccessDeniedException Exists(byte[] key) => new($"The key {Door.Show(key)} is there already, and the token may only set keys that are not; use another key.", isUnknown: false);

    private static AccessDeniedException Below(byte[] key, byte[] above) => new($"The key {Door.Show(key)} lies below {Door.Show(above)}, but the token may only append; use a greater key.", isUnknown: false);

    private static byte[] Inside(Grant granted, byte[] key) => granted.Namespace.Length == 0 ? key : [.. granted.Namespace, .. key];

    private static byte[] Outside(Grant granted, byte[] key) => granted.Namespace.Length == 0 ? key : key[granted.Namespace.Length..];

    private static ListReply Outside(Grant granted, ListReply reply) => granted.Namespace.Length == 0
        ? reply
        : reply with
        {
            Items = Array.ConvertAll(reply.Items, item => item with { Key = Outside(granted, item.Key) }),
            Hidden = reply.Hidden is { } hidden ? Array.ConvertAll(hidden, one => one with { Key = Outside(granted, one.Key) }) : null,
        };

    private static void Check(string? refusal)
    {
        if (refusal is not null) throw new RefusedException(refusal);
    }
}
