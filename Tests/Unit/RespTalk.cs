using System.IO.Pipelines;
using System.Text;
using Cmud.Silo.Resp;
using Microsoft.Extensions.Time.Testing;

namespace Cmud.Tests.Unit;

/// <summary>RESP clients of one query grain in memory, whose time stands still unless it is moved.</summary>
internal sealed class RespTalk
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly ServerFacts _server;

    public RespTalk() => (Grain, _server) = (new(Time), new("memory", IsOnDisk: false, Time));

    /// <summary>A second of the year 2026.</summary>
    public FakeTimeProvider Time { get; } = new(DateTimeOffset.FromUnixTimeSeconds(1_767_225_600));

    public MemoryQueryGrain Grain { get; }

    /// <summary>A client sends it all, hangs up, and gives all that came back.</summary>
    public Task<string> Say(string input) => Say([Encoding.UTF8.GetBytes(input)]);

    /// <summary>As <see cref="Say(string)"/>, piece by piece: each is read before the next is sent.</summary>
    public async Task<string> Say(IEnumerable<byte[]> pieces)
    {
        var (client, server) = Wire();
        var serving = Serve(server, CancellationToken.None);
        foreach (var piece in pieces) await client.Output.WriteAsync(piece);
        await client.Output.CompleteAsync();

        await serving.WaitAsync(Patience);
        await server.Output.CompleteAsync();

        return await ReadAll(client.Input);
    }

    /// <summary>Serves one end of a connection, which is number 7.</summary>
    public Task Serve(IDuplexPipe server, CancellationToken stop) => RespConnection.Serve(Grain, _server, id: 7, server, () => ((End)server).Cut(), stop);

    public static async Task<string> ReadAll(PipeReader input)
    {
        using var bytes = new MemoryStream();
        await input.CopyToAsync(bytes);
        return Encoding.UTF8.GetString(bytes.ToArray());
    }

    /// <summary>Two ends of a connection whose readers go on at once.</summary>
    /// <param name="unread">Bytes of replies that a server may send before it waits for the client; 0 for any number.</param>
    public static (IDuplexPipe Client, IDuplexPipe Server) Wire(int unread = 0)
    {
        var there = new Pipe(new(readerScheduler: PipeScheduler.Inline, writerScheduler: PipeScheduler.Inline, pauseWriterThreshold: 0, useSynchronizationContext: false));
        var back = new Pipe(new(readerScheduler: PipeScheduler.Inline, writerScheduler: PipeScheduler.Inline, pauseWriterThreshold: unread, resumeWriterThreshold: unread, useSynchronizationContext: false));
        return (new End(back.Reader, there.Writer, back), new End(there.Reader, back.Writer, back));
    }

    private sealed record End(PipeReader Input, PipeWriter Output, Pipe Back) : IDuplexPipe
    {
        /// <summary>What the client did not take, nobody takes.</summary>
        public void Cut() => Back.Reader.Complete();
    }
}
