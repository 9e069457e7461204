using System.IO.Pipelines;
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
    /// <summary>Most bytes of operations in one Execute, but for its first command: keeps a turn of the grain short.</summary>
    public const int MaxBatchBytes = 4 << 20;

    private readonly RespClient _client;
    private readonly OperationBuffer _operations = new();
    private readonly List<Waiting> _waiting = [];
    private RespCommand? _last;
    private byte[] _lastName = [];

    /// <summary>A client with number <paramref name="id"/>, whose replies go to <paramref name="output"/>, for which <paramref name="wait"/> waits.</summary>
    internal RespSession(IQueryGrain grain, ServerFacts server, long id, PipeWriter output, ClientWait wait, Entrance? entrance = null) => _client = new(new(grain, entrance), server, id, output, wait, entrance);

    /// <summary>Whether the connection ends once what is written is sent.</summary>
    public bool Closing => _client.Closing;

    /// <summary>Whether the client may ask anything: it has sent its token, or none is asked for.</summary>
    public bool IsIn => _client.Entrance is not { AsksToken: true, IsIn: false };

    /// <summary>Takes the next command of the client.</summary>
    public ValueTask Take(byte[][] command)
    {
        if (Find(command[0]) is not { } row) return TakeUnknown(command[0]);
        if (row.RefuseWords(command.Length) is { } refusal) return Error(refusal);
        if (!IsIn && !row.IsOpen) return RefuseStranger();
        return row.Batched is { } batched ? Wait(batched, command) : AnswerAtOnce(row.Answer!, command);
    }

    /// <summary>Lets waiting commands go and writes their replies; called when the input of the moment is used up.</summary>
    public ValueTask Execute() => _waiting.Count == 0 ? default : ExecuteAll();

    /// <summary>Ends the session of a client that broke the protocol, or took too long.</summary>
    public async ValueTask Refuse(string sentence)
    {
        await Error(sentence);
        _client.Closing = true;
    }

    /// <summary>Pipelines are mostly of one command.</summary>
    private RespCommand? Find(byte[] name)
    {
        if (name.AsSpan().SequenceEqual(_lastName)) return _last;

        if (CommandTable.Find(name) is not { } row) return null;

        (_last, _lastName) = (row, name);
        return row;
    }

    private ValueTask Wait(Batched command, byte[][] words)
    {
        // A DEL asks twice for each key.
        var (operations, bytes) = (2 * (words.Length - 1), 0);
        foreach (var word in words.AsSpan(1)) bytes += word.Length;
        if (_waiting.Count > 0 && (_operations.Count + operations > Door.MaxBatch || _operations.Bytes + bytes > MaxBatchBytes)) return WaitForNext(command, words);

        Add(command, words);
        return default;
    }

    private async ValueTask WaitForNext(Batched command, byte[][] words)
    {
        await ExecuteAll();
        Add(command, words);
    }

    /// <summary>What is refused at once waits too, for its turn to be told.</summary>
    private void Add(Batched command, byte[][] words)
    {
        var before = _operations.Count;
        var refusal = command.Plan(words, _client.Server, _operations);
        _waiting.Add(new(command, _operations.Count - before, _operations.Bytes, refusal));
    }

    private async ValueTask ExecuteAll()
    {
        await Execute(0, _waiting.Count);
        _waiting.Clear();
        _operations.Clear();
    }

    /// <summary>Carries some of the waiting commands out in order, in one call if the grain takes them so.</summary>
    /// <remarks>
    /// A refused batch left nothing stored, so its halves are tried in its place, down to the single command that is at fault: the client
    /// sent commands, knows of no batch, and gets each reply that it would have got one by one. At most three calls per command.
    /// </remarks>
    private async ValueTask Execute(int from, int to)
    {
        var answer = await Ask(from, to, isBrief: true);
        if (answer.IsRefused && to - from > 1)
        {
            var middle = (from + to) / 2;
            await Execute(from, middle);
            await Execute(middle, to);
        }
        else if (answer.IsRefused && _waiting[from].Operations > RespBounds.ShortRead)
        {
            await ExecuteLong(from);
        }
        else
        {
            await Answer(answer, from, to);
        }
    }

    /// <summary>Carries out a command that was refused, perhaps because its reply is long.</summary>
    private async ValueTask ExecuteLong(int command)
    {
        if (!_client.Server.LongReplies.TryBegin())
        {
            await Answer(new(default, new($"{RespBounds.LongReplies} clients are sent replies of more than {Door.MaxBriefReadBytes >> 10} KiB, which is the most at a time; ask for fewer keys at once, or a second later", "BUSY")), command, command + 1);
            return;
        }

        try
        {
            await Answer(await Ask(command, command + 1, isBrief: false), command, command + 1);
            // It is held until the client has taken it.
            await _client.Send();
        }
        finally
        {
            _client.Server.LongReplies.End();
        }
    }

    private ValueTask<Answered<PackedReply>> Ask(int from, int to, bool isBrief)
    {
        var operations = 0;
        for (var i = from; i < to; i++) operations += _waiting[i].Operations;
        return operations == 0 ? default : _client.Store.Execute(_operations.Request(from == 0 ? 0 : _waiting[from - 1].End, _waiting[to - 1].End, operations, isBrief: isBrief));
    }

    /// <summary>Writes the replies of commands, and sends them as they become much.</summary>
    private async ValueTask Answer(Answered<PackedReply> answer, int from, int to)
    {
        var (place, element) = ((ReplyPlace?)null, 0);
        while (from < to && !Closing)
        {
            from = Write(answer, from, to, ref place, ref element);
            await _client.SendWhenMuch();
            // Others have their turn, see CommandsInTurn.
            if (from < to) await Task.Yield();
        }
    }

    /// <summary>Writes replies until there is much to send; gives the next command, and the next element of its reply.</summary>
    private int Write(in Answered<PackedReply> answer, int from, int to, ref ReplyPlace? place, ref int element)
    {
        var results = answer.Value.Bytes is null ? default : place is { } paused ? new ReplyReader(answer.Value, paused) : new(answer.Value);
        var reply = _client.Reply;
        while (from < to && !_client.HasMuch)
        {
            var (command, operations, _, refusal) = _waiting[from];
            if (refusal is not null) reply.Error(refusal);
            else if (answer.Failure is { } failure) reply.Error(failure);
            else if (!command.IsArray) command.Reply(reply, ref results, operations);
            else
            {
                if (element == 0) reply.Array(operations);
                do command.Reply(reply, ref results, 1);
                while (++element < operations && !_client.HasMuch);
                if (element < operations) break;

                element = 0;
            }

            from++;
        }

        place = results.Place;
        return from;
    }

    private async ValueTask AnswerAtOnce(Answer answer, byte[][] command)
    {
        await Execute();
        await answer(_client, command);
        await _client.SendWhenMuch();
    }

    private ValueTask TakeUnknown(byte[] name) =>
        // A web page can make a browser send lines to a port of this machine: its headers must not pass for commands.
        RespText.Upper(name) is "POST" or "HOST:" ? Refuse("Protocol error: this port speaks RESP, not HTTP") : Error(Unsupported.Sentence(name));

    private ValueTask RefuseStranger()
    {
        _client.Entrance!.NoteStranger();
        return Error("Authentication required: send AUTH and the token that you were given.", "NOAUTH");
    }

    private async ValueTask Error(string sentence, string code = "ERR")
    {
        await Execute();
        _client.Reply.Error(sentence, code);
        await _client.SendWhenMuch();
    }

    /// <summary>A command whose operations wait.</summary>
    /// <param name="Command">Which.</param>
    /// <param name="Operations">How many of them are its own.</param>
    /// <param name="End">How many bytes the operations have up to its last one.</param>
    /// <param name="Refusal">Why it is refused, where it is; then it has no operations.</param>
    private readonly record struct Waiting(Batched Command, int Operations, int End, string? Refusal);
}
