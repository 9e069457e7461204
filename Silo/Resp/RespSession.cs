using System.Globalization;
using System.IO.Pipelines;
using System.Text;
using Cmud.Grains.Interfaces;
using Cmud.Replication;

namespace Cmud.Silo.Resp;

/// <summary>What one RESP client asked of one query grain, and the replies in the order of its commands.</summary>
/// <remarks>
/// GET and SET wait until the input of the moment is used up and then go as one Execute; whatever is neither comes after
/// them, so it first lets them go. A client whose commands share a read so pays for one grain call.
/// No hybrid timestamp is carried along: the connection never leaves its query grain, whose clock has seen all it did.
/// </remarks>
public sealed class RespSession
{
    /// <summary>Most bytes of keys and values in one Execute, but for its first operation: keeps a turn of the grain short.</summary>
    public const int MaxBatchBytes = 4 << 20;

    /// <summary>Bytes after which a LIST ends with the page it is in, whatever its LIMIT: the reply is held whole to be counted.</summary>
    public const int MaxListBytes = 4 << 20;

    /// <summary>Bytes that may wait in the output: more is sent while the rest of the reply is written, at the client's pace.</summary>
    private const int MaxUnsentBytes = 64 * 1_024;

    /// <summary>What a result of a List costs beside its key and value, so that many small ones are bounded too.</summary>
    private const int ListItemBytes = 64;

    private const string Supported = "PING, ECHO, GET, SET, CMUD.LIST, COMMAND, HELLO, CLIENT and QUIT";
    private const int SupportedCount = 9;
    private const string ListUsage = "CMUD.LIST prefix [AFTER key] [LIMIT n]";

    private static readonly string Version = typeof(RespSession).Assembly.GetName().Version!.ToString(3);

    private readonly IQueryGrain _grain;
    private readonly long _id;
    private readonly PipeWriter _output;
    private readonly RespWriter _reply;
    private readonly List<Operation> _waiting = [];
    private int _waitingBytes;

    /// <summary>A client with number <paramref name="id"/>, whose replies go to <paramref name="output"/>.</summary>
    public RespSession(IQueryGrain grain, long id, PipeWriter output)
    {
        _grain = grain;
        _id = id;
        _output = output;
        _reply = new(output);
    }

    /// <summary>Whether the connection ends once what is written is sent.</summary>
    public bool Closing { get; private set; }

    /// <summary>Takes the next command of the client.</summary>
    public ValueTask Take(byte[][] command)
    {
        var name = Upper(command[0]);
        return (name, command) switch
        {
            ("GET", [_, var key]) when Door.RefuseKey(key) is null => Wait(new(OperationKind.Get, key)),
            ("SET", [_, var key, var value]) when (Door.RefuseKey(key) ?? Door.RefuseValue(value)) is null =>
                Wait(new(OperationKind.Put, key, value)),
            _ => AnswerAtOnce(name, command[1..]),
        };
    }

    /// <summary>Lets waiting operations go and writes their replies; called when the input of the moment is used up.</summary>
    public async ValueTask Execute()
    {
        if (_waiting.Count == 0) return;

        var operations = _waiting.ToArray();
        _waiting.Clear();
        _waitingBytes = 0;
        await Execute(operations);
    }

    /// <summary>Ends the session of a client that broke the protocol.</summary>
    public async ValueTask Refuse(string fault)
    {
        await Execute();
        _reply.Error($"Protocol error: {fault}");
        Closing = true;
    }

    /// <summary>Carries operations out in order, in one call if the grain takes them so.</summary>
    /// <remarks>
    /// A refused batch left nothing stored, so its halves are tried in its place, down to the single operation that is at fault: the client
    /// sent commands, knows of no batch, and gets each reply that it would have got one by one. At most two calls per command.
    /// </remarks>
    private async ValueTask Execute(ArraySegment<Operation> operations)
    {
        var answer = await Ask(() => _grain.Execute(new([.. operations], Seen: 0)));
        if (answer.IsRefused && operations.Count > 1)
        {
            var half = operations.Count / 2;
            await Execute(operations[..half]);
            await Execute(operations[half..]);
            return;
        }

        for (var i = 0; i < operations.Count; i++)
        {
            if (answer.Failure is { } failure) _reply.Error(failure);
            else Write(answer.Value.Results[i]);
            await SendWhenMuch();
        }
    }

    private async ValueTask Wait(Operation operation)
    {
        var size = operation.Key.Length + (operation.Value?.Length ?? 0);
        if (_waiting.Count == Door.MaxBatch || (_waiting.Count > 0 && _waitingBytes + size > MaxBatchBytes)) await Execute();

        _waiting.Add(operation);
        _waitingBytes += size;
    }

    private async ValueTask AnswerAtOnce(string name, byte[][] arguments)
    {
        await Execute();
        switch (name)
        {
            case "CMUD.LIST":
                await List(arguments);
                break;
            case "POST" or "HOST:":
                // A web page can make a browser send lines to a port of this machine: its headers must not pass for commands.
                await Refuse("this port speaks RESP, not HTTP");
                break;
            default:
                Answer(name, arguments);
                break;
        }
    }

    private void Answer(string name, byte[][] arguments)
    {
        switch (name, arguments)
        {
            case ("GET", [var key]):
                _reply.Error(Door.RefuseKey(key)!);
                break;
            case ("SET", [var key, var value]):
                _reply.Error((Door.RefuseKey(key) ?? Door.RefuseValue(value))!);
                break;
            case ("SET", { Length: > 2 }):
                _reply.Error("SET takes a key and a value only; options such as EX or NX are not supported");
                break;
            case ("PING", []):
                _reply.Simple("PONG");
                break;
            // StackExchange.Redis takes a connection for established when its ECHO comes back.
            case ("PING" or "ECHO", [var message]):
                _reply.Bulk(message);
                break;
            case ("COMMAND", []):
                _reply.Array(0);
                break;
            case ("COMMAND", [var sub, ..]):
                DescribeCommands(Upper(sub));
                break;
            case ("HELLO", _):
                Hello(arguments);
                break;
            case ("CLIENT", [var sub, .. var rest]):
                Client(Upper(sub), rest);
                break;
            case ("QUIT", _):
                _reply.Simple("OK");
                Closing = true;
                break;
            case ("GET" or "SET" or "PING" or "ECHO" or "CLIENT", _):
                WrongArity(name);
                break;
            case ("DEL" or "UNLINK", _):
                _reply.Error($"{name} is not supported yet: keys cannot be deleted; this server speaks {Supported}");
                break;
            default:
                _reply.Error($"unknown command '{Shorten(name)}'; this server speaks {Supported}");
                break;
        }
    }

    private void DescribeCommands(string sub)
    {
        switch (sub)
        {
            case "COUNT":
                _reply.Integer(SupportedCount);
                break;
            case "DOCS":
                _reply.Map(0);
                break;
            case "INFO" or "LIST":
                _reply.Array(0);
                break;
            default:
                _reply.Error($"unknown subcommand '{Shorten(sub)}' of COMMAND; try COUNT or DOCS");
                break;
        }
    }

    private void Hello(byte[][] arguments)
    {
        if (arguments.Length > 1)
        {
            _reply.Error($"HELLO takes a protocol version only; {Shorten(Upper(arguments[1]))} is not supported: there is no access control yet, and CLIENT SETNAME names a connection");
            return;
        }

        if (arguments is [var version])
        {
            if (Number(version) is not (2 or 3))
            {
                _reply.Error("unsupported protocol version; this server speaks 2 and 3", code: "NOPROTO");
                return;
            }

            _reply.Protocol = Number(version)!.Value;
        }

        _reply.Map(7);
        _reply.Bulk("server");
        _reply.Bulk("cmud");
        _reply.Bulk("version");
        _reply.Bulk(Version);
        _reply.Bulk("proto");
        _reply.Integer(_reply.Protocol);
        _reply.Bulk("id");
        _reply.Integer(_id);
        _reply.Bulk("mode");
        _reply.Bulk("standalone");
        _reply.Bulk("role");
        _reply.Bulk("master");
        _reply.Bulk("modules");
        _reply.Array(0);
    }

    /// <summary>What client libraries say of themselves when they connect; accepted and forgotten.</summary>
    private void Client(string sub, ReadOnlySpan<byte[]> arguments)
    {
        switch (sub, arguments.Length)
        {
            case ("ID", 0):
                _reply.Integer(_id);
                break;
            case ("SETNAME", 1) or ("SETINFO", 2):
                _reply.Simple("OK");
                break;
            case ("ID" or "SETNAME" or "SETINFO", _):
                WrongArity($"client|{sub}");
                break;
            default:
                _reply.Error($"unknown subcommand '{Shorten(sub)}' of CLIENT; try ID, SETNAME or SETINFO");
                break;
        }
    }

    /// <summary>Answers CMUD.LIST with an array of key, value, key, value and so on, in the order of keys.</summary>
    /// <remarks>
    /// Without LIMIT at most <see cref="Door.MaxPageEntries"/> keys. An answer may hold fewer keys than its LIMIT although there are more
    /// (it ends after some <see cref="MaxListBytes"/>): to read all, ask again AFTER the last key of the answer until one is empty.
    /// </remarks>
    private async ValueTask List(byte[][] arguments)
    {
        if (arguments.Length == 0)
        {
            WrongArity("CMUD.LIST");
            return;
        }

        if (!TryReadListOptions(arguments, out var after, out var limit, out var refusal) || (refusal = Door.RefusePrefix(arguments[0])) is not null)
        {
            _reply.Error(refusal!);
            return;
        }

        var (items, failure) = await ReadPages(arguments[0], after, limit);
        if (failure is not null)
        {
            _reply.Error(failure);
            return;
        }

        _reply.Array(2 * items.Count);
        foreach (var item in items)
        {
            _reply.Bulk(item.Key);
            _reply.Bulk(item.Value);
            await SendWhenMuch();
        }
    }

    private async ValueTask<(List<ListItem> Items, string? Failure)> ReadPages(byte[] prefix, byte[]? after, int limit)
    {
        var items = new List<ListItem>();
        var bytes = 0;
        while (true)
        {
            var pageLimit = Math.Min(limit - items.Count, Door.MaxPageEntries);
            var answer = await Ask(() => _grain.List(new(prefix, after, pageLimit, Seen: 0)));
            if (answer.Failure is { } failure) return (items, failure);

            var page = answer.Value;
            items.AddRange(page.Items);
            bytes += page.Items.Sum(item => item.Key.Length + item.Value.Length + ListItemBytes);
            if (!page.More || page.Items.Length == 0 || items.Count >= limit || bytes >= MaxListBytes) return (items, null);
            after = items[^1].Key;
        }
    }

    private static bool TryReadListOptions(byte[][] arguments, out byte[]? after, out int limit, out string? refusal)
    {
        (after, limit, refusal) = (null, Door.MaxPageEntries, null);
        for (var i = 1; i < arguments.Length; i += 2)
        {
            var option = Upper(arguments[i]);
            var value = i + 1 < arguments.Length ? arguments[i + 1] : null;
            if (option == "AFTER" && value is not null)
            {
                after = value;
                refusal ??= Door.RefuseKey(after);
            }
            else if (option == "LIMIT" && value is not null)
            {
                limit = Number(value) ?? 0;
                if (limit < 1) refusal ??= "LIMIT must be a number from 1 to 2,147,483,647";
            }
            else
            {
                refusal ??= $"syntax error; use {ListUsage}";
            }
        }

        return refusal is null;
    }

    private void Write(OperationResult result)
    {
        if (result.Put is not null) _reply.Simple("OK");
        else if (result.Get is { Value: { } value }) _reply.Bulk(value);
        else _reply.Null();
    }

    private void WrongArity(string name) => _reply.Error($"wrong number of arguments for '{name.ToLowerInvariant()}' command");

    /// <summary>Sends what is written when it is much. A client that takes none of its replies is waited for; its next commands are not read.</summary>
    private async ValueTask SendWhenMuch()
    {
        if (_output.UnflushedBytes < MaxUnsentBytes) return;
        var sent = await _output.FlushAsync();
        if (sent.IsCompleted) Closing = true;
    }

    /// <summary>What a grain answered.</summary>
    /// <param name="Value">The answer, where there is no failure.</param>
    /// <param name="Failure">One sentence why there is none.</param>
    /// <param name="IsRefused">Whether that is because the grain refused, and so did nothing.</param>
    private readonly record struct Answered<T>(T Value, string? Failure = null, bool IsRefused = false)
        where T : struct;

    private static async ValueTask<Answered<T>> Ask<T>(Func<ValueTask<T>> call)
        where T : struct
    {
        try
        {
            return new(await call());
        }
        catch (Exception e) when (e is RefusedException or StoppingException or StorageFullException)
        {
            return new(default, e.Message, IsRefused: true);
        }
        catch (StorageFailedException e)
        {
            return new(default, e.Message);
        }
        catch (TimeoutException)
        {
            return new(default, "the query grain did not answer in time; a write may or may not have been stored, read it again");
        }
        catch (Exception e)
        {
            // Whatever else a grain or a stopping silo throws: this client is told, and its connection lives on.
            return new(default, $"the store could not answer: {e.Message}");
        }
    }

    private static string Upper(byte[] name) => Encoding.ASCII.GetString(name).ToUpperInvariant();

    private static int? Number(byte[] digits) =>
        int.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static string Shorten(string name)
    {
        const int shown = 40;
        return name.Length <= shown ? name : $"{name[..shown]}...";
    }
}
