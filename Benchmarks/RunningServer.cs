using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Cmud.Benchmarks;

/// <summary>A server in a process of its own, of ours or of somebody else's; it ends with its disposal.</summary>
internal sealed class RunningServer : IAsyncDisposable
{
    /// <summary>Only a server that hangs takes longer to start.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(20);

    private static int _next = Environment.ProcessId;

    private readonly Process _process;

    private RunningServer(Process process, int port) => (_process, Port) = (process, port);

    public int Port { get; }

    public string Address => $"localhost:{Port}";

    /// <summary>Starts a server of ours, as it was built beside this program.</summary>
    /// <param name="port">A port with as many free ones after it as there are query grains.</param>
    /// <param name="arguments">Its other options.</param>
    public static Task<RunningServer> CmudAsync(int port, params string[] arguments) =>
        StartAsync("dotnet", [Path.Combine(AppContext.BaseDirectory, "Cmud.Silo.dll"), "--port", $"{port}", .. arguments], port, last: port + 1);

    /// <summary>Starts somebody else's server.</summary>
    public static Task<RunningServer> StartAsync(string program, IEnumerable<string> arguments, int port) => StartAsync(program, arguments, port, last: port);

    /// <summary>The full path of a program that is installed; null where it is not.</summary>
    public static string? Find(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Append(Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".dotnet", "tools"))
            .Select(directory => Path.Combine(directory, program)).FirstOrDefault(File.Exists);

    /// <summary>A port with nine free ones after it, below those that the system hands out.</summary>
    public static int FreePort()
    {
        while (true)
        {
            var port = 20_000 + Interlocked.Increment(ref _next) % 1_000 * 10;
            if (Enumerable.Range(port, 10).All(IsFree)) return port;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private static Task<RunningServer> StartAsync(string program, IEnumerable<string> arguments, int port, int last) =>
        ListensAsync(new(Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!, port), last);

    /// <param name="server">It.</param>
    /// <param name="last">The port that opens last: ours are ready when RESP is spoken.</param>
    private static async Task<RunningServer> ListensAsync(RunningServer server, int last)
    {
        // What it prints is nobody's concern, but it may not wait for a reader.
        server._process.BeginOutputReadLine();
        try
        {
            using var timeout = new CancellationTokenSource(Patience);
            while (!await IsListeningAsync(last))
            {
                if (server._process.HasExited) throw new InvalidOperationException($"{server._process.StartInfo.FileName} on port {server.Port} ended with {server._process.ExitCode} before it answered.");

                // Another program: when it listens it tells nobody.
                await Task.Delay(BetweenLooks, TimeProvider.System, timeout.Token);
            }

            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    private static async Task<bool> IsListeningAsync(int port)
    {
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(IPAddress.Loopback, port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static bool IsFree(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
