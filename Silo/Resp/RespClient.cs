using System.IO.Pipelines;
using Cmud.Silo.Access;

namespace Cmud.Silo.Resp;

/// <summary>One client as the commands see it: what it can ask, what is known of it, and where its replies go.</summary>
internal sealed class RespClient(GrainStore store, ServerFacts server, long id, PipeWriter output, ClientWait wait, Entrance? entrance)
{
    /// <summary>Bytes that may wait in the output: more is sent while the rest of the reply is written, at the client's pace.</summary>
    private const int MaxUnsentBytes = 64 * 1_024;

    /// <summary>The query grain that answers.</summary>
    public GrainStore Store { get; } = store;

    /// <summary>How it gets in; null where nobody asks.</summary>
    public Entrance? Entrance { get; } = entrance;

    /// <summary>The server that it is connected to.</summary>
    public ServerFacts Server { get; } = server;

    /// <summary>The number of the connection.</summary>
    public long Id { get; } = id;

    /// <summary>Takes its replies.</summary>
    public RespWriter Reply { get; } = new(output);

    /// <summary>Where its SCANs are.</summary>
    public ScanCursors Cursors { get; } = new();

    /// <summary>What it calls itself; null where it did not say.</summary>
    public string? Name { get; set; }

    /// <summary>Whether the connection ends once what is written is sent.</summary>
    public bool Closing { get; set; }

    /// <summary>Whether what is written is to be sent before more is.</summary>
    public bool HasMuch => output.UnflushedBytes >= MaxUnsentBytes;

    /// <summary>Sends what is written when it is much. A client that takes none of its replies is waited for; its next commands are not read.</summary>
    public ValueTask SendWhenMuch() => HasMuch ? Send() : default;

    /// <summary>Sends what is written; goes on when the client has taken nearly all of it.</summary>
    public async ValueTask Send()
    {
        if (!await wait.Send(RespBounds.ReplyTime)) Closing = true;
    }
}
