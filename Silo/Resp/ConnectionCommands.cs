using System.Text;

namespace Cmud.Silo.Resp;

/// <summary>Commands about the connection itself.</summary>
internal static class ConnectionCommands
{
    /// <summary>Longest name of a connection.</summary>
    private const int MaxNameLength = 64;

    private const string NoTokens = "called without any password configured: this server asks for no token; connect without user and password";

    public static ValueTask Ping(RespClient client, byte[][] command)
    {
        if (command.Length == 1) client.Reply.Simple("PONG");
        else client.Reply.Bulk(command[1]);
        return default;
    }

    /// <summary>StackExchange.Redis takes a connection for established when its ECHO comes back.</summary>
    public static ValueTask Echo(RespClient client, byte[][] command)
    {
        client.Reply.Bulk(command[1]);
        return default;
    }

    public static ValueTask Quit(RespClient client, byte[][] command)
    {
        client.Reply.Simple("OK");
        client.Closing = true;
        return default;
    }

    /// <summary>AUTH [username] token. The name is what libraries want to send, and says nothing.</summary>
    public static ValueTask Auth(RespClient client, byte[][] command)
    {
        if (RefuseToken(client, command[^1]) is not { } refusal) client.Reply.Simple("OK");
        else client.Reply.Error(refusal.Sentence.Length == 0 ? $"AUTH {NoTokens}" : refusal.Sentence, refusal.Code);
        return default;
    }

    public static ValueTask Select(RespClient client, byte[][] command)
    {
        if (RespText.Number(command[1]) == 0) client.Reply.Simple("OK");
        else client.Reply.Error("DB index is out of range: there is one database, 0; give the keys of yours a prefix of their own");
        return default;
    }

    /// <summary>HELLO [protover [AUTH username password] [SETNAME name]]: what the server is. Nothing of it is done where a part is refused.</summary>
    public static ValueTask Hello(RespClient client, byte[][] command)
    {
        var reply = client.Reply;
        var (protocol, name) = ((long)reply.Protocol, client.Name);
        if (command.Length > 1)
        {
            if (RespText.Number(command[1]) is not { } wanted || wanted is not (2 or 3))
            {
                reply.Error("unsupported protocol version; this server speaks 2 and 3", code: "NOPROTO");
                return default;
            }

            protocol = wanted;
            if (RefuseHelloOptions(command, ref name, out var token) is { } refusal)
            {
                reply.Error(refusal);
                return default;
            }

            if (token is not null && RefuseToken(client, token) is { } denied)
            {
                reply.Error(denied.Sentence.Length == 0 ? $"HELLO AUTH {NoTokens}" : denied.Sentence, denied.Code);
                return default;
            }
        }

        if (client.Entrance is { AsksToken: true, IsIn: false } entrance)
        {
            entrance.NoteStranger();
            reply.Error("HELLO must be called with the token that you were given: HELLO 3 AUTH default TOKEN.", "NOAUTH");
            return default;
        }

        (reply.Protocol, client.Name) = ((int)protocol, name);
        reply.Map(7);
        reply.Pair("server", "cmud");
        reply.Pair("version", ServerFacts.RedisVersion);
        reply.Pair("proto", protocol);
        reply.Pair("id", client.Id);
        reply.Pair("mode", "standalone");
        reply.Pair("role", "master");
        reply.Bulk("modules");
        reply.Array(0);
        return default;
    }

    /// <summary>What client libraries say of themselves when they connect is accepted and forgotten.</summary>
    public static ValueTask Client(RespClient client, byte[][] command)
    {
        var reply = client.Reply;
        var sub = RespText.Upper(command[1]);
        switch (sub, command.Length)
        {
            case ("ID", 2):
                reply.Integer(client.Id);
                break;
            case ("GETNAME", 2) when client.Name is { } name:
                reply.Bulk(name);
                break;
            case ("GETNAME", 2):
                reply.Null();
                break;
            case ("SETNAME", 3) when RefuseName(command[2]) is { } refusal:
                reply.Error(refusal);
                break;
            case ("SETNAME", 3):
                client.Name = NameOf(command[2]);
                reply.Simple("OK");
                break;
            case ("SETINFO", 4) when RespText.Upper(command[2]) is "LIB-NAME" or "LIB-VER":
                reply.Simple("OK");
                break;
            case ("SETINFO", 4):
                reply.Error($"unrecognized option {RespText.Quote(command[2])} of CLIENT SETINFO; try LIB-NAME or LIB-VER");
                break;
            case ("ID" or "GETNAME" or "SETNAME" or "SETINFO", _):
                reply.Error(RespCommand.WrongNumber($"client|{sub}"));
                break;
            default:
                reply.Error($"unknown subcommand {RespText.Quote(command[1])} of CLIENT; try ID, GETNAME, SETNAME or SETINFO");
                break;
        }

        return default;
    }

    /// <summary>Lets the client in by a token; null where it is in then, else an error, of which the sentence is empty where nobody asks for tokens.</summary>
    private static (string Code, string Sentence)? RefuseToken(RespClient client, byte[] token)
    {
        if (client.Entrance is not { AsksToken: true } entrance) return ("ERR", "");

        if (entrance.TryEnter(Encoding.Latin1.GetString(token), out var busy)) return null;

        return busy is null ? ("WRONGPASS", "The token is unknown, wrong, revoked or expired; ask for a new one.") : ("BUSY", busy.Message);
    }

    private static string? RefuseHelloOptions(byte[][] command, ref string? name, out byte[]? token)
    {
        token = null;
        for (var i = 2; i < command.Length; i += 2)
        {
            switch (RespText.Upper(command[i]), command.Length - i)
            {
                case ("AUTH", >= 3):
                    token = command[i + 2];
                    i++;
                    break;
                case ("SETNAME", >= 2):
                    if (RefuseName(command[i + 1]) is { } refusal) return refusal;
                    name = NameOf(command[i + 1]);
                    break;
                default:
                    return "syntax error; use HELLO [2|3 [AUTH username token] [SETNAME name]]";
            }
        }

        return null;
    }

    private static string? RefuseName(byte[] name)
    {
        if (name.Length > MaxNameLength) return $"a client name of {name.Length} bytes; it may have {MaxNameLength}";
        return Array.TrueForAll(name, static c => c is > 0x20 and < 0x7F) ? null : "client names cannot contain spaces, newlines or special characters";
    }

    /// <summary>An empty name takes the name away, as in Redis.</summary>
    private static string? NameOf(byte[] name) => name.Length == 0 ? null : Encoding.ASCII.GetString(name);
}
