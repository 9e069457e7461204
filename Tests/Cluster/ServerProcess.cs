using System.Diagnostics;
using System.Globalization;
using System.Net;
using Cmud.Tests.Acceptance.Harness;

namespace Cmud.Tests.Cluster;

/// <summary>Where a server runs.</summary>
/// <param name="Host">The address that it listens on.</param>
/// <param name="Before">What its command line begins with: what puts it there.</param>
internal sealed record Place(string Host, params string[] Before)
{
    public static readonly Place Loopback = new("127.0.0.1");
}

/// <summary>A server in a process of its own, as an operator starts it.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    /// <summary>A loaded machine may take several seconds to start a process; a hang is told from that after this.</summary>
    private static readonly TimeSpan StartTime = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly TaskCompletionSource<string> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<string> _lines = [];

    private ServerProcess(Place place, int port, string[] arguments)
    {
        (Place, Port) = (place, port);
        // A test that wants a data directory says which: nothing is left behind, and nothing is found, where tests run.
        string[] data = arguments.Contains("--data") ? [] : ["--ephemeral"];
        // Networks of tests reach no further than this machine.
        string[] insecure = IPAddress.IsLoopback(IPAddress.Parse(place.Host)) ? [] : ["--insecure"];
        string[] line = [.. place.Before, "dotnet", Path.Combine(AppContext.BaseDirectory, "Cmud.Silo.dll"), "--host", place.Host, "--port", $"{port}", "--count", "2", .. data, .. insecure, .. arguments];
        var start = new ProcessStartInfo(line[0], line[1..]) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        _process = new() { StartInfo = start, EnableRaisingEvents = true };
        _process.OutputDataReceived += (_, line) => Read(line.Data);
        _process.ErrorDataReceived += (_, line) => Read(line.Data);
        _process.Exited += (_, _) => _ready.TrySetException(new InvalidOperationException($"the server ended with {_process.ExitCode}: {Output}"));
    }

    public Place Place { get; }

    public int Port { get; }

    /// <summary>Of the process.</summary>
    public int Id => _process.Id;

    /// <summary>The memory that it has, in bytes.</summary>
    public long Memory => 1_024 * long.Parse(
        File.ReadLines($"/proc/{Id}/status").First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);

    /// <summary>The processor time that it has had.</summary>
    public TimeSpan Worked => _process.TotalProcessorTime;

    public string Address => $"{Place.Host}:{Port}";

    public string Output
    {
        get
        {
            lock (_lines) return string.Join('\n', _lines);
        }
    }

    /// <summary>Starts a server and returns when it says that it is ready.</summary>
    public static Task<ServerProcess> Start(int port, params string[] arguments) => Start(Place.Loopback, port, arguments);

    /// <inheritdoc cref="Start(int, string[])"/>
    public static async Task<ServerProcess> Start(Place place, int port, params string[] arguments)
    {
        var server = new ServerProcess(place, port, arguments);
        server._process.Start();
        server._process.BeginOutputReadLine();
        server._process.BeginErrorReadLine();
        try
        {
            await server._ready.Task.WaitAsync(StartTime);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>A gateway port with free ports for two query grains after it.</summary>
    public static int FreePort() => TestPorts.Next(2);

    /// <summary>Starts a server that is to refuse; gives the exit code and all that it said.</summary>
    public static async Task<(int Code, string Output)> Refused(params string[] arguments)
    {
        await using var server = new ServerProcess(Place.Loopback, FreePort(), arguments);
        server._process.Start();
        server._process.BeginOutputReadLine();
        server._process.BeginErrorReadLine();
        return (await server.Ended(StartTime), server.Output);
    }

    /// <summary>Waits until the process has ended by itself; gives the exit code.</summary>
    public async Task<int> Ended(TimeSpan limit)
    {
        await _process.WaitForExitAsync().WaitAsync(limit);
        return _process.ExitCode;
    }

    /// <summary>kill -9.</summary>
    public async Task Kill()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    /// <summary>SIGTERM; gives the exit code.</summary>
    public async Task<int> Terminate(TimeSpan limit)
    {
        await Signal("TERM");
        await _process.WaitForExitAsync().WaitAsync(limit);
        return _process.ExitCode;
    }

    /// <summary>A signal by its name, such as STOP.</summary>
    public async Task Signal(string name)
    {
        using var kill = Process.Start("kill", [$"-{name}", $"{_process.Id}"]);
        await kill.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) await Kill();
        _process.Dispose();
    }

    private void Read(string? line)
    {
        if (line is null) return;

        lock (_lines) _lines.Add(line);
        if (line.Contains("ready", StringComparison.Ordinal)) _ready.TrySetResult(line);
    }
}
