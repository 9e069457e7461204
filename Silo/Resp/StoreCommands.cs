using Cmud.Grains.Interfaces;
using Cmud.Replication;

namespace Cmud.Silo.Resp;

/// <summary>Commands that are nothing but operations of the store, and so wait for their neighbours.</summary>
internal static class StoreCommands
{
    private const string SetUsage = "SET key value [EX seconds | PX milliseconds | EXAT unix-seconds | PXAT unix-milliseconds]";

    public static readonly Batched Get = new(GetOne, WriteValue);
    public static readonly Batched Set = new(PutOne, WriteOk);
    public static readonly Batched SetEx = new((command, server, operations) => PutFor(command, ExpiryUnit.Seconds, server, operations), WriteOk);
    public static readonly Batched PSetEx = new((command, server, operations) => PutFor(command, ExpiryUnit.Milli, server, operations), WriteOk);
    public static readonly Batched MGet = new(GetAll, WriteValues);
    public static readonly Batched MSet = new(PutAll, WriteOk);
    public static readonly Batched Del = new(DeleteAll, WriteFound);
    public static readonly Batched Exists = new(GetAll, WriteFound);
    public static readonly Batched StrLen = new(GetOne, (client, results) => Write(client, results, static get => get.Value?.Length ?? 0));
    public static readonly Batched Ttl = new(GetOne, (client, results) => Write(client, results, static get => Left(get) is var left && left < 0 ? left : (left + 500) / 1_000));
    public static readonly Batched PTtl = new(GetOne, (client, results) => Write(client, results, Left));
    public static readonly Batched Type = new(GetOne, WriteType);

    private static string? GetOne(byte[][] command, ServerFacts server, List<Operation> operations) => Add(new(OperationKind.Get, command[1]), operations);

    private static string? GetAll(byte[][] command, ServerFacts server, List<Operation> operations)
    {
        for (var i = 1; i < command.Length; i++)
        {
            if (Add(new(OperationKind.Get, command[i]), operations) is { } refusal) return refusal;
        }

        return null;
    }

    /// <summary>Each key is looked for before it is deleted: the reply says how many there were.</summary>
    private static string? DeleteAll(byte[][] command, ServerFacts server, List<Operation> operations)
    {
        for (var i = 1; i < command.Length; i++)
        {
            if (Add(new(OperationKind.Get, command[i]), operations) is { } refusal) return refusal;
            operations.Add(new(OperationKind.Delete, command[i]));
        }

        return null;
    }

    private static string? PutOne(byte[][] command, ServerFacts server, List<Operation> operations)
    {
        if (command.Length == 3) return Put(command[1], command[2], null, operations);

        var option = RespText.Upper(command[3]);
        if (RefuseSetOption(option) is { } refusal) return refusal;
        if (command.Length > 5 && RefuseSetOption(RespText.Upper(command[5])) is { } second) return second;
        if (command.Length != 5 || ExpiryUnit.Of(option) is not { } unit) return $"syntax error; use {SetUsage}";

        return TimesToLive.ReadPositive(command[4], unit, server.Now, "SET", out var left) ?? Put(command[1], command[2], left, operations);
    }

    private static string? PutFor(byte[][] command, ExpiryUnit unit, ServerFacts server, List<Operation> operations) =>
        TimesToLive.ReadPositive(command[2], unit, server.Now, RespText.Upper(command[0]), out var left) ?? Put(command[1], command[3], left, operations);

    private static string? PutAll(byte[][] command, ServerFacts server, List<Operation> operations)
    {
        if (command.Length % 2 == 0) return RespCommand.WrongNumber("MSET");

        for (var i = 1; i < command.Length; i += 2)
        {
            if (Put(command[i], command[i + 1], null, operations) is { } refusal) return refusal;
        }

        return null;
    }

    /// <summary>A value whose time has come already deletes what was there, as in Redis.</summary>
    private static string? Put(byte[] key, byte[] value, TimeSpan? left, List<Operation> operations) =>
        Door.RefuseValue(value) is { } refusal ? Door.RefuseKey(key) ?? refusal
        : left <= TimeSpan.Zero ? Add(new(OperationKind.Delete, key), operations)
        : Add(new(OperationKind.Put, key, value, TimeToLive: left), operations);

    private static string? Add(Operation operation, List<Operation> operations)
    {
        if (Door.RefuseKey(operation.Key) is { } refusal) return refusal;

        operations.Add(operation);
        return null;
    }

    private static string? RefuseSetOption(string option) => option switch
    {
        "NX" or "XX" or "IFEQ" =>
            $"SET with {option} is not supported: servers take writes without asking each other, so none knows what the key holds elsewhere and the last writer wins; give every writer a key of its own, or GET first where a guess will do",
        "KEEPTTL" => "SET with KEEPTTL is not supported: a SET replaces value and expiry; ask PTTL and give PX",
        "GET" => "SET with GET is not supported: another server may have set the key meanwhile; GET first where a guess will do",
        _ => null,
    };

    private static ValueTask WriteValue(RespClient client, ReadOnlyMemory<OperationResult> results)
    {
        Write(client.Reply, results.Span[0]);
        return default;
    }

    private static async ValueTask WriteValues(RespClient client, ReadOnlyMemory<OperationResult> results)
    {
        client.Reply.Array(results.Length);
        for (var i = 0; i < results.Length; i++)
        {
            Write(client.Reply, results.Span[i]);
            await client.SendWhenMuch();
        }
    }

    private static ValueTask WriteOk(RespClient client, ReadOnlyMemory<OperationResult> results)
    {
        client.Reply.Simple("OK");
        return default;
    }

    private static ValueTask WriteFound(RespClient client, ReadOnlyMemory<OperationResult> results)
    {
        var found = 0;
        foreach (ref readonly var result in results.Span)
        {
            if (result.Get is { Value: not null }) found++;
        }

        client.Reply.Integer(found);
        return default;
    }

    private static ValueTask WriteType(RespClient client, ReadOnlyMemory<OperationResult> results)
    {
        client.Reply.Simple(results.Span[0].Get is { Value: not null } ? "string" : "none");
        return default;
    }

    private static ValueTask Write(RespClient client, ReadOnlyMemory<OperationResult> results, Func<GetReply, long> number)
    {
        client.Reply.Integer(number(results.Span[0].Get!.Value));
        return default;
    }

    private static void Write(RespWriter reply, in OperationResult result)
    {
        if (result.Get is { Value: { } value }) reply.Bulk(value);
        else reply.Null();
    }

    /// <summary>Milliseconds; -1 where it never expires, -2 where there is no value.</summary>
    private static long Left(GetReply get) => get.Value is null ? -2 : get.TimeLeft is { } left ? (long)left.TotalMilliseconds : -1;
}
