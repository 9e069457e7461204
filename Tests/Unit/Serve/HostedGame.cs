using Cmud.App;
using Cmud.App.Serve;
using Cmud.Game.Play;
using Cmud.Tests.Acceptance.Harness;
using Cmud.Tests.Play;
using Cmud.Tests.Unit.Terminal;
using Xunit;

namespace Cmud.Tests.Unit.Serve;

/// <summary>A host as <c>cmud serve</c> runs it, on real ports, with games of a test's own in the place of the real one.</summary>
internal sealed class HostedGame : IAsyncDisposable
{
    private readonly CancellationTokenSource _closing = new();
    private readonly Greeting _output = new();
    private readonly StringWriter _errors = new();
    private readonly Task<int> _host;

    private HostedGame(ServeOptions options, Action<FakeSession, IScreen> prepare)
    {
        var streams = new Streams(TextReader.Null, _output, _errors, Interactive: false);
        _host = new ServeHost(streams, TimeProvider.System, (screen, _, _, _) =>
        {
            var session = new FakeSession(screen);
            prepare(session, screen);
            lock (Sessions) Sessions.Add(session);
            return session;
        }).RunAsync(options, new MemoryClient(), _closing.Token);
        (Telnet, Web) = (options.Telnet!.Value, options.Web!.Value);
    }

    /// <summary>The port for telnet.</summary>
    public int Telnet { get; }

    /// <summary>The port of the page.</summary>
    public int Web { get; }

    /// <summary>All sessions that have begun.</summary>
    public List<FakeSession> Sessions { get; } = [];

    /// <summary>What the operator was told.</summary>
    public string Warnings => _errors.ToString();

    /// <summary>Starts a host that accepts.</summary>
    public static async Task<HostedGame> StartAsync(Func<ServeOptions, ServeOptions>? change = null, Action<FakeSession, IScreen>? prepare = null)
    {
        var options = new ServeOptions { Telnet = TestPorts.Next(1), Web = TestPorts.Next(1) };
        var game = new HostedGame(change?.Invoke(options) ?? options, prepare ?? (static (_, _) => { }));
        await await Task.WhenAny(game._output.IsReady, game._host).WaitAsync(Within.Patience);
        return game;
    }

    /// <summary>Closes it as Ctrl-C does; gives the exit code.</summary>
    public async Task<int> CloseAsync()
    {
        await _closing.CancelAsync();
        return await _host.WaitAsync(Within.Patience);
    }

    public async ValueTask DisposeAsync()
    {
        Assert.Equal(0, await CloseAsync());
        _closing.Dispose();
    }

    /// <summary>Tells when all was said that is said at the start.</summary>
    private sealed class Greeting : StringWriter
    {
        private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task IsReady => _ready.Task;

        public override Task WriteLineAsync(string? value)
        {
            if (value == "Ctrl-C closes.") _ready.TrySetResult();
            return base.WriteLineAsync(value);
        }
    }
}
