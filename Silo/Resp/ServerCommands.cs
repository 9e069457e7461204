using System.Globalization;

namespace Cmud.Silo.Resp;

/// <summary>Commands about the server, most of which client libraries ask as they connect.</summary>
internal static class ServerCommands
{
    /// <summary>COMMAND: what there is, all of it from the command table.</summary>
    public static ValueTask Command(RespClient client, byte[][] command)
    {
        var reply = client.Reply;
        var sub = command.Length == 1 ? "" : RespText.Upper(command[1]);
        switch (sub, command.Length)
        {
            case ("", 1):
            case ("INFO", 2):
                WriteInfos(reply, CommandTable.Rows);
                break;
            case ("INFO", _):
                WriteInfos(reply, [.. command[2..].Select(static name => CommandTable.Find(name))]);
                break;
            case ("DOCS", 2):
                WriteDocs(reply, CommandTable.Rows);
                break;
            case ("DOCS", _):
                WriteDocs(reply, [.. command[2..].Select(static name => CommandTable.Find(name)).OfType<RespCommand>()]);
                break;
            case ("COUNT", 2):
                reply.Integer(CommandTable.Rows.Count);
                break;
            case ("LIST", 2):
                reply.Array(CommandTable.Rows.Count);
                foreach (var row in CommandTable.Rows) reply.Bulk(row.Name.ToLowerInvariant());
                break;
            case ("COUNT" or "LIST", _):
                reply.Error(RespCommand.WrongNumber($"command|{sub}"));
                break;
            default:
                reply.Error($"unknown subcommand {RespText.Quote(command[1])} of COMMAND; try COUNT, DOCS, INFO or LIST");
                break;
        }

        return default;
    }

    /// <summary>INFO [section ...]: what libraries look for, and what one may want to know who is connected.</summary>
    public static ValueTask Info(RespClient client, byte[][] command)
    {
        var server = client.Server;
        (string Section, string[] Lines)[] all =
        [
            ("Server", [$"redis_version:{ServerFacts.RedisVersion}", "redis_mode:standalone", $"cmud_version:{ServerFacts.Version}", $"cmud_name:{server.Name}", Invariant($"process_id:{Environment.ProcessId}"), Invariant($"uptime_in_seconds:{server.Uptime.TotalSeconds:0}")]),
            ("Persistence", ["loading:0", $"aof_enabled:{(server.IsOnDisk ? 1 : 0)}"]),
            ("Replication", ["role:master", "connected_slaves:0"]),
            ("Cluster", ["cluster_enabled:0"]),
        ];
        var wanted = command[1..].Select(RespText.Upper).ToHashSet();
        var isAll = wanted.Count == 0 || wanted.Overlaps(["ALL", "DEFAULT", "EVERYTHING"]);
        var sections = all.Where(one => isAll || wanted.Contains(one.Section.ToUpperInvariant())).Select(static one => $"# {one.Section}\r\n{string.Join("\r\n", one.Lines)}\r\n");
        client.Reply.Bulk(string.Join("\r\n", sections));
        return default;
    }

    /// <summary>CONFIG GET pattern [pattern ...]: the few settings that libraries and redis-benchmark ask for.</summary>
    public static ValueTask Config(RespClient client, byte[][] command)
    {
        var reply = client.Reply;
        if (RespText.Upper(command[1]) != "GET")
        {
            reply.Error($"unknown subcommand {RespText.Quote(command[1])} of CONFIG; a server is set up by its command line, and CONFIG GET tells some of it");
            return default;
        }

        if (command.Length < 3)
        {
            reply.Error(RespCommand.WrongNumber("config|get"));
            return default;
        }

        var patterns = new List<KeyPattern>();
        foreach (var text in command[2..])
        {
            if (!KeyPattern.TryRead(text, out var pattern, out var refusal))
            {
                reply.Error(refusal!);
                return default;
            }

            patterns.Add(pattern);
        }

        var found = Settings(client.Server).Where(setting => patterns.Exists(pattern => pattern.MatchesName(setting.Name))).ToArray();
        reply.Map(found.Length);
        foreach (var (name, value) in found) reply.Pair(name, value);
        return default;
    }

    private static (string Name, string Value)[] Settings(ServerFacts server) =>
    [
        ("appendonly", server.IsOnDisk ? "yes" : "no"),
        ("databases", "1"),
        ("maxmemory", "0"),
        ("proto-max-bulk-len", RespParser.MaxBulkBytes.ToString(CultureInfo.InvariantCulture)),
        ("replica-read-only", "no"),
        ("save", ""),
        ("slave-read-only", "no"),
        ("timeout", "0"),
    ];

    private static void WriteInfos(RespWriter reply, IReadOnlyCollection<RespCommand?> rows)
    {
        reply.Array(rows.Count);
        foreach (var row in rows)
        {
            if (row is null) reply.NullArray();
            else WriteInfo(reply, row);
        }
    }

    private static void WriteInfo(RespWriter reply, RespCommand row)
    {
        reply.Array(6);
        reply.Bulk(row.Name.ToLowerInvariant());
        reply.Integer(row.Arity);
        reply.Array(1);
        reply.Simple(row.Flag);
        reply.Integer(row.Keys.First);
        reply.Integer(row.Keys.Last);
        reply.Integer(row.Keys.Step);
    }

    private static void WriteDocs(RespWriter reply, IReadOnlyCollection<RespCommand> rows)
    {
        reply.Map(rows.Count);
        foreach (var row in rows)
        {
            reply.Bulk(row.Name.ToLowerInvariant());
            reply.Map(4);
            reply.Pair("summary", row.Summary);
            reply.Pair("since", ServerFacts.Version);
            reply.Pair("group", row.Group);
            WriteArguments(reply, row);
        }
    }

    /// <summary>All of them as one: redis-cli shows its name as one would write them.</summary>
    private static void WriteArguments(RespWriter reply, RespCommand row)
    {
        reply.Bulk("arguments");
        reply.Array(row.Arguments.Length == 0 ? 0 : 1);
        if (row.Arguments.Length == 0) return;

        reply.Map(2);
        reply.Pair("name", row.Arguments);
        reply.Pair("type", "string");
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
