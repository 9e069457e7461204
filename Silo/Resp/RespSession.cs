using System.IO.Pipelines;
using System.Runtime.InteropServices;
using Cmud.Grains.Interfaces;
using Cmud.Replication;
using Cmud.Silo.Access;

namespace Cmud.Silo.Resp;

/// <summary>What one RESP client asked of one query grain, and the replies in the order of its commands.</summary>
/// <remarks>
/// Commands that are operations of the store wait until the input of the moment is used up and then go as one Execute; whatever is none comes after
/// them, so it first lets them go. A client whose commands share a read so pays for one grain call.
/// </remarks>
public sealed class RespSession
{
    /// <summary>Most bytes of keys and values in one Execute, but for its first command: keeps a turn of the grain short.</summary>
    public const int MaxBatchBytes = 4 << 20;

    private readonly RespClient _client;
    private readonly List<Operation> _operations = [];
    private readonly List<Waiting> _waiting = [];
    private int _waitingBytes;

    /// <summary>A client with number <paramref name="id"/>, whose replies go to <paramref name="output"/>.</summary>
    internal RespSession(IQueryGrain grain, ServerFacts server, long id, PipeWriter output, Entrance? entrance = null) => _client = new(new(grain, entrance), server, id, output, entrance);

    /// <summary>Whether the connection ends once what is written is sent.</summary>
    public bool Closing => _client.Closing;

    /// <summary>Takes the next command of the client.</summary>
    public ValueTask Take(byte[][] command)
    {
        if (CommandTable.Find(command[0]) is not { } row) return TakeUnknown(command[0]);
        if (row.RefuseWords(command.Length) is { } refusal) return Error(refusal);
        if (_client.Entrance is { IsIn: false } && !row.IsOpen) return Error("Authentication required: send AUTH and the token that you were given.", "NOAUTH");
        return row.Batched is { } batched ? Wait(batched, command) : AnswerAtOnce(row.Answer!, command);
    }

    /// <summary>Lets waiting commands go and writes their replies; called when the input of the moment is used up.</summary>
    public ValueTask Execute() => _waiting.Count == 0 ? default : Execute(_operations.Count);

    /// <summary>Ends the session of a client that broke the protocol.</summary>
    public async ValueTask Refuse(string fault)
    {
        await Error($"Protocol error: {fault}");
        _client.Closing = true;
    }

    private ValueTask Wait(Batched command, byte[][] words)
    {
        var before = _operations.Count;
        if (command.Plan(words, _client.Server, _operations) is { } refusal)
        {
            _operations.RemoveRange(before, _operations.Count - before);
            return Error(refusal);
        }

        var added = CollectionsMarshal.AsSpan(_operations)[before..];
        var bytes = 0;
        foreach (ref readonly var operation in added) bytes += operation.Key.Length + (operation.Value?.Length ?? 0);
        var waiting = new Waiting(command.Reply, added.Length);
        if (_waiting.Count > 0 && (_operations.Count > Door.MaxBatch || _waitingBytes + bytes > MaxBatchBytes)) return WaitForNext(before, waiting, bytes);

        _waiting.Add(waiting);
        _waitingBytes += bytes;
        return default;
    }

    private async ValueTask WaitForNext(int before, Waiting waiting, int bytes)
    {
        await Execute(before);
        _waiting.Add(waiting);
        _waitingBytes = bytes;
    }

    /// <summary>Lets the waiting commands go, which have the first <paramref name="count"/> operations.</summary>
    private async ValueTask Execute(int count)
    {
        var (commands, operations) = (_waiting.ToArray(), CollectionsMarshal.AsSpan(_operations)[..count].ToArray());
        _waiting.Clear();
        _operations.RemoveRange(0, count);
        _waitingBytes = 0;
        await Execute(commands, operations);
    }

    /// <summary>Carries commands out in order, in one call if the grain takes them so.</summary>
    /// <remarks>
    /// A refused batch left nothing stored, so its halves are tried in its place, down to the single command that is at fault: the client
    /// sent commands, knows of no batch, and gets each reply that it would have got one by one. At most two calls per command.
    /// </remarks>
    private async ValueTask Execute(ArraySegment<Waiting> commands, ArraySegment<Operation> operations)
    {
        var answer = await _client.Store.Execute([.. operations]);
        if (answer.IsRefused && commands.Count > 1)
        {
            var half = commands.Count / 2;
            var first = commands[..half].Sum(static command => command.Operations);
            await Execute(commands[..half], operations[..first]);
            await Execute(commands[half..], operations[first..]);
            return;
        }

        var at = 0;
        foreach (var command in commands)
        {
            if (answer.Failure is { } failure) _client.Reply.Error(failure);
            else await command.Reply(_client, answer.Value.Results.AsMemory(at, command.Operations));
            at += command.Operations;
            await _client.SendWhenMuch();
        }
    }

    private async ValueTask AnswerAtOnce(Answer answer, byte[][] command)
    {
        await Execute();
        await answer(_client, command);
        await _client.SendWhenMuch();
    }

    private ValueTask TakeUnknown(byte[] name) =>
        // A web page can make a browser send lines to a port of this machine: its headers must not pass for commands.
        RespText.Upper(name) is "POST" or "HOST:" ? Refuse("this port speaks RESP, not HTTP") : Error(Unsupported.Sentence(name));

    private async ValueTask Error(string sentence, string code = "ERR")
    {
        await Execute();
        _client.Reply.Error(sentence, code);
        await _client.SendWhenMuch();
    }

    /// <summary>A command whose operations wait.</summary>
    /// <param name="Reply">Writes its reply.</param>
    /// <param name="Operations">How many of them are its own.</param>
    private readonly record struct Waiting(Reply Reply, int Operations);
}
