using Cmud.Grains.Interfaces;
using Cmud.Replication;

namespace Cmud.Silo.Resp;

/// <summary>Commands that change when a value expires.</summary>
/// <remarks>
/// The store has no such write: an expiry belongs to the write of its value. So the value that is shown here is written once more. That is a write like any
/// other, and a SET made elsewhere meanwhile is lost where it has the lesser stamp: last writer wins.
/// </remarks>
internal static class ExpiryCommands
{
    public static readonly Answer Expire = (client, command) => Set(client, command, ExpiryUnit.Seconds);
    public static readonly Answer PExpire = (client, command) => Set(client, command, ExpiryUnit.Milli);
    public static readonly Answer ExpireAt = (client, command) => Set(client, command, ExpiryUnit.SecondsAt);
    public static readonly Answer PExpireAt = (client, command) => Set(client, command, ExpiryUnit.MilliAt);
    public static readonly Answer Persist = (client, command) => Rewrite(client, command[1], value => value.TimeLeft is null ? null : new(OperationKind.Put, command[1], value.Value));

    private static ValueTask Set(RespClient client, byte[][] command, ExpiryUnit unit)
    {
        var (key, name) = (command[1], RespText.Upper(command[0]));
        if (command.Length > 3)
        {
            client.Reply.Error($"{name} takes no conditions: servers take writes without asking each other, so none knows what the key holds elsewhere; ask PTTL first where a guess will do");
            return default;
        }

        if (TimesToLive.Read(command[2], unit, client.Server.Now, out var left) is { } refusal)
        {
            client.Reply.Error(refusal);
            return default;
        }

        return Rewrite(client, key, value => left > TimeSpan.Zero ? new(OperationKind.Put, key, value.Value, TimeToLive: left) : new(OperationKind.Delete, key));
    }

    /// <summary>Replies 1 where there was a value and it was written anew, else 0.</summary>
    private static async ValueTask Rewrite(RespClient client, byte[] key, Func<GetReply, Operation?> write)
    {
        if (Door.RefuseKey(key) is { } refusal)
        {
            client.Reply.Error(refusal);
            return;
        }

        var found = await client.Store.Execute(new Operation(OperationKind.Get, key));
        var failure = found.Failure;
        var operation = found.Value.Get is { Value: not null } value ? write(value) : null;
        if (operation is { } change) failure = (await client.Store.Execute(change)).Failure;

        if (failure is not null) client.Reply.Error(failure);
        else client.Reply.Integer(operation is null ? 0 : 1);
    }
}
