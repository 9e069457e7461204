using System.Collections.Frozen;
using System.Text;

namespace Cmud.Silo.Resp;

/// <summary>All commands. What COMMAND, COUNT and DOCS say of them comes from here, and so does how they are answered.</summary>
internal static class CommandTable
{
    private const int Any = RespCommand.Any;

    /// <summary>One row for each command.</summary>
    public static readonly IReadOnlyList<RespCommand> Rows =
    [
        Read("GET key", 2, 2, KeyArguments.One, "The value of a key, or nil.", StoreCommands.Get),
        Read("MGET key [key ...]", 2, Any, KeyArguments.All, "The values of keys, or nil, in their order; up to 16 MiB.", StoreCommands.MGet),
        Read("STRLEN key", 2, 2, KeyArguments.One, "The bytes of a value; 0 where there is none.", StoreCommands.StrLen),
        Write("SET key value [EX seconds | PX milliseconds | EXAT unix-seconds | PXAT unix-milliseconds]", 3, Any, KeyArguments.One, "Sets a key, for ever or until it expires.", StoreCommands.Set),
        Write("SETEX key seconds value", 4, 4, KeyArguments.One, "Sets a key until it expires.", StoreCommands.SetEx),
        Write("PSETEX key milliseconds value", 4, 4, KeyArguments.One, "Sets a key until it expires.", StoreCommands.PSetEx),
        Write("MSET key value [key value ...]", 3, Any, KeyArguments.EverySecond, "Sets keys, all or none.", StoreCommands.MSet),
        Write("DEL key [key ...]", 2, Any, KeyArguments.All, "Deletes keys; how many there were.", StoreCommands.Del) with { Group = "generic" },
        Write("UNLINK key [key ...]", 2, Any, KeyArguments.All, "Deletes keys; how many there were.", StoreCommands.Del) with { Group = "generic" },
        Read("EXISTS key [key ...]", 2, Any, KeyArguments.All, "How many of the keys there are.", StoreCommands.Exists) with { Group = "generic" },
        Read("TYPE key", 2, 2, KeyArguments.One, "string or none.", StoreCommands.Type) with { Group = "generic" },
        Read("TTL key", 2, 2, KeyArguments.One, "Seconds until a key expires; -1: never, -2: absent.", StoreCommands.Ttl) with { Group = "generic" },
        Read("PTTL key", 2, 2, KeyArguments.One, "Milliseconds until a key expires; -1: never, -2: absent.", StoreCommands.PTtl) with { Group = "generic" },
        Generic("EXPIRE key seconds", 3, 4, KeyArguments.One, "write", "Writes the value again, to expire.", ExpiryCommands.Expire),
        Generic("PEXPIRE key milliseconds", 3, 4, KeyArguments.One, "write", "Writes the value again, to expire.", ExpiryCommands.PExpire),
        Generic("EXPIREAT key unix-seconds", 3, 4, KeyArguments.One, "write", "Writes the value again, to expire.", ExpiryCommands.ExpireAt),
        Generic("PEXPIREAT key unix-milliseconds", 3, 4, KeyArguments.One, "write", "Writes the value again, to expire.", ExpiryCommands.PExpireAt),
        Generic("PERSIST key", 2, 2, KeyArguments.One, "write", "Writes the value again, to stay.", ExpiryCommands.Persist),
        Generic("SCAN cursor [MATCH prefix*] [COUNT n] [TYPE string]", 2, Any, default, "readonly", "Some keys, and the cursor for more.", ListCommands.Scan),
        Generic("KEYS prefix*", 2, 2, default, "readonly", "All keys with a prefix; up to 10,000.", ListCommands.Keys),
        Generic("CMUD.LIST prefix [AFTER key] [LIMIT n]", 2, 6, default, "readonly", "Keys and values in turn, in the order of keys.", ListCommands.List),
        Server("DBSIZE", 1, 1, "readonly", "How many keys there are, by counting them.", ListCommands.Size),
        Server("COMMAND [COUNT | DOCS [name ...] | INFO [name ...] | LIST]", 1, Any, "fast", "What this table says.", ServerCommands.Command),
        Server("INFO [section ...]", 1, Any, "fast", "What the server is.", ServerCommands.Info),
        Server("CONFIG GET pattern [pattern ...]", 2, Any, "fast", "Some settings.", ServerCommands.Config),
        Connection("PING [message]", 1, 2, "PONG, or the message.", ConnectionCommands.Ping),
        Connection("ECHO message", 2, 2, "The message.", ConnectionCommands.Echo),
        Connection("HELLO [2 | 3 [AUTH username token] [SETNAME name]]", 1, Any, "Chooses the protocol; what the server is.", ConnectionCommands.Hello) with { IsOpen = true },
        Connection("AUTH [username] token", 2, 3, "Lets in by a token, where the server asks for one.", ConnectionCommands.Auth) with { IsOpen = true },
        Connection("SELECT 0", 2, 2, "There is one database.", ConnectionCommands.Select),
        Connection("CLIENT ID | GETNAME | SETNAME name | SETINFO LIB-NAME | LIB-VER value", 2, Any, "The number and the name of the connection.", ConnectionCommands.Client),
        Connection("QUIT", 1, Any, "Ends the connection.", ConnectionCommands.Quit) with { IsOpen = true },
    ];

    private static readonly FrozenDictionary<string, RespCommand> ByName = Rows.ToFrozenDictionary(static row => row.Name, StringComparer.OrdinalIgnoreCase);

    private static readonly int LongestName = Rows.Max(static row => row.Name.Length);

    /// <summary>The row of a command, in whatever case its name is written; null where there is none.</summary>
    public static RespCommand? Find(ReadOnlySpan<byte> name)
    {
        if (name.Length > LongestName) return null;

        Span<char> chars = stackalloc char[name.Length];
        Encoding.Latin1.GetChars(name, chars);
        return ByName.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(chars, out var row) ? row : null;
    }

    private static RespCommand Read(string usage, int least, int most, KeyArguments keys, string summary, Batched how) =>
        new(usage, least, most, "string", keys, "readonly", summary) { Batched = how };

    private static RespCommand Write(string usage, int least, int most, KeyArguments keys, string summary, Batched how) =>
        new(usage, least, most, "string", keys, "write", summary) { Batched = how };

    private static RespCommand Generic(string usage, int least, int most, KeyArguments keys, string flag, string summary, Answer how) =>
        new(usage, least, most, "generic", keys, flag, summary) { Answer = how };

    private static RespCommand Server(string usage, int least, int most, string flag, string summary, Answer how) =>
        new(usage, least, most, "server", default, flag, summary) { Answer = how };

    private static RespCommand Connection(string usage, int least, int most, string summary, Answer how) =>
        new(usage, least, most, "connection", default, "fast", summary) { Answer = how };
}
