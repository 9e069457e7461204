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
    public static readonly Batched MGet = new(GetAll, WriteValue, IsArray: true);
    public static readonly Batched MSet = new(PutAll, WriteOk);
    public static readonly Batched Del = new(DeleteAll, WriteDeleted);
    public static readonly Batched Exists = new(GetAll, WriteFound);
    public static readonly Batched StrLen = new(GetOne, static (reply, ref results, _) => reply.Integer(results.Get().Value.Length));
    public static readonly Batched Ttl = new(GetOne, static (reply, ref results, _) => reply.Integer(Left(results.Get()) is var left && left < 0 ? left : (left + 500) / 1_000));
    public static readonly Batched PTtl = new(GetOne, static (reply, ref results, _) => reply.Integer(Left(results.Get())));
    public static readonly Batched Type = new(GetOne, WriteType);

    private static string? GetOne(byte[][] command, ServerFacts server, OperationBuffer operations)
    {
        if (Door.RefuseKey(command[1]) is { } refusal) return refusal;

        operations.Get(command[1]);
        return null;
    }

    private static string? GetAll(byte[][] command, ServerFacts server, OperationBuffer operations)
    {
        if (RefuseKeys(command, step: 1) is { } refusal) return refusal;

        foreach (var key in command.AsSpan(1)) operations.Get(key);
        return null;
    }

    /// <summary>Each key is looked for before it is deleted: the reply says how many there were.</summary>
    private static string? DeleteAll(byte[][] command, ServerFacts server, OperationBuffer operations)
    {
        if (RefuseKeys(command, step: 1) is { } refusal) return refusal;

        foreach (var key in command.AsSpan(1))
        {
            operations.Get(key);
            operations.Delete(key);
        }

        return null;
    }

    private static string? PutOne(byte[][] command, ServerFacts server, OperationBuffer operations)
    {
        if (command.Length == 3) return Put(command[1], command[2], null, operations);

        var option = RespText.Upper(command[3]);
        if (RefuseSetOption(option) is { } refusal) return refusal;
        if (command.Length > 5 && RefuseSetOption(RespText.Upper(command[5])) is { } second) return second;
        if (command.Length != 5 || ExpiryUnit.Of(option) is not { } unit) return $"syntax error; use {SetUsage}";

        return TimesToLive.ReadPositive(command[4], unit, server.Now, "SET", out var left) ?? Put(command[1], command[2], left, operations);
    }

    private static string? PutFor(byte[][] command, ExpiryUnit unit, ServerFacts server, OperationBuffer operations) =>
        TimesToLive.ReadPositive(command[2], unit, server.Now, RespText.Upper(command[0]), out var left) ?? Put(command[1], command[3], left, operations);

    private static string? PutAll(byte[][] command, ServerFacts server, OperationBuffer operations)
    {
        if (command.Length % 2 == 0) return RespCommand.WrongNumber("MSET");

        if (RefuseKeys(command, step: 2) is { } refusal) return refusal;

        for (var i = 1; i < command.Length; i += 2) operations.Put(command[i], command[i + 1]);
        return null;
    }

    /// <summary>A value whose time has come already deletes what was there, as in Redis.</summary>
    private static string? Put(byte[] key, byte[] value, TimeSpan? left, OperationBuffer operations)
    {
        if ((Door.RefuseKey(key) ?? Door.RefuseValue(value)) is { } refusal) return refusal;

        if (left <= TimeSpan.Zero) operations.Delete(key);
        else operations.Put(key, value, left);
        return null;
    }

    /// <summary>Null where all keys of a command are good, and where they have values, these; else one sentence.</summary>
    /// <param name="command">Keys stand at every place from the second on, or at every other one with their values between them.</param>
    /// <param name="step">1 or 2.</param>
    private static string? RefuseKeys(byte[][] command, int step)
    {
        for (var i = 1; i < command.Length; i += step)
        {
            if ((Door.RefuseKey(command[i]) ?? (step == 2 ? Door.RefuseValue(command[i + 1]) : null)) is { } refusal) return refusal;
        }

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

    private static void WriteValue(RespWriter reply, ref ReplyReader results, int operations)
    {
        var found = results.Get();
        if (found.HasValue) reply.Bulk(found.Value);
        else reply.Null();
    }

    private static void WriteOk(RespWriter reply, ref ReplyReader results, int operations)
    {
        for (var i = 0; i < operations; i++) results.Put();
        reply.Ok();
    }

    private static void WriteFound(RespWriter reply, ref ReplyReader results, int operations)
    {
        var found = 0;
        for (var i = 0; i < operations; i++)
        {
            if (results.Get().HasValue) found++;
        }

        reply.Integer(found);
    }

    /// <summary>Of each key a Get and a Delete.</summary>
    private static void WriteDeleted(RespWriter reply, ref ReplyReader results, int operations)
    {
        var found = 0;
        for (var i = 0; i < operations; i += 2)
        {
            if (results.Get().HasValue) found++;
            results.Put();
        }

        reply.Integer(found);
    }

    private static void WriteType(RespWriter reply, ref ReplyReader results, int operations) => reply.Simple(results.Get().HasValue ? "string" : "none");

    /// <summary>Milliseconds; -1 where it never expires, -2 where there is no value.</summary>
    private static long Left(FoundValue found) => !found.HasValue ? -2 : found.TimeLeft is { } left ? (long)left.TotalMilliseconds : -1;
}
