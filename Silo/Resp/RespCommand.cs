using Cmud.Grains.Interfaces;

namespace Cmud.Silo.Resp;

/// <summary>Adds to <paramref name="operations"/> what a command asks of the store: at most two for each of its words.</summary>
/// <returns>Null, or one sentence why the command is refused; then nothing was added.</returns>
internal delegate string? Plan(byte[][] command, ServerFacts server, OperationBuffer operations);

/// <summary>Writes the reply to a command from the results of its operations, which come next in <paramref name="results"/>.</summary>
internal delegate void Reply(RespWriter reply, ref ReplyReader results, int operations);

/// <summary>Carries a command out and writes its reply.</summary>
internal delegate ValueTask Answer(RespClient client, byte[][] command);

/// <summary>How a command is answered that is nothing but operations of the store: with its neighbours, in one call.</summary>
/// <param name="Plan">What it asks.</param>
/// <param name="Reply">Writes its reply, or of an array one element, from one result.</param>
/// <param name="IsArray">Whether each of its results is an element of an array: such a reply may be long, and is sent while it is written.</param>
internal sealed record Batched(Plan Plan, Reply Reply, bool IsArray = false);

/// <summary>Which arguments of a command are keys, counted as Redis does; the name is 0, a last of -1 is the last argument, and none is (0, 0, 0).</summary>
internal readonly record struct KeyArguments(int First, int Last, int Step)
{
    public static readonly KeyArguments One = new(1, 1, 1), All = new(1, -1, 1), EverySecond = new(1, -1, 2);
}

/// <summary>A row of the command table: what a command is called, what it takes, and how it is answered.</summary>
/// <param name="Usage">Name and arguments, as one writes them.</param>
/// <param name="Least">Fewest words, the name counted.</param>
/// <param name="Most">Most words.</param>
/// <param name="Group">What it belongs to, in the words of Redis: string, generic, connection or server.</param>
/// <param name="Keys">Which arguments are keys.</param>
/// <param name="Flag">write, readonly, or fast for what does not touch the store.</param>
/// <param name="Summary">What it is for.</param>
internal sealed record RespCommand(string Usage, int Least, int Most, string Group, KeyArguments Keys, string Flag, string Summary)
{
    /// <summary>Any number of words: <see cref="RespParser.MaxArguments"/> bounds them.</summary>
    public const int Any = RespParser.MaxArguments;

    /// <summary>In capitals.</summary>
    public string Name { get; } = Usage.Split(' ')[0];

    /// <summary>What follows the name.</summary>
    public string Arguments => Usage[Name.Length..].TrimStart();

    /// <summary>As Redis counts: how many words, or where that varies, the fewest with a minus before it.</summary>
    public int Arity => Least == Most ? Least : -Least;

    /// <summary>Set where it waits for its neighbours.</summary>
    public Batched? Batched { get; init; }

    /// <summary>Whether a client may use it that has not sent its token yet.</summary>
    public bool IsOpen { get; init; }

    /// <summary>Set where it is answered at once.</summary>
    public Answer? Answer { get; init; }

    /// <summary>Null, or the sentence for a wrong number of words.</summary>
    public string? RefuseWords(int words) => words >= Least && words <= Most ? null : WrongNumber(Name);

    /// <summary>The sentence for a wrong number of arguments.</summary>
    public static string WrongNumber(string name) => $"wrong number of arguments for '{name.ToLowerInvariant()}' command";
}
