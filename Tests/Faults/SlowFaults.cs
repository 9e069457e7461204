using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Cmud.Client;
using Cmud.Grains.Interfaces.Access;
using Cmud.Tests.Cluster;
using Xunit;
using Xunit.Abstractions;

namespace Cmud.Tests.Faults;

/// <summary>Hundreds of clients that send or read as slowly as they can, for as long as they are let, while another one is served.</summary>
public sealed class SlowFaults(ITestOutputHelper output) : IAsyncLifetime
{
    private const int Slow = 200;

    /// <summary>An answer over HTTP has the longest: all that was written at 8 KiB/s, 600 KB here, and some seconds.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(120);

    private static readonly TimeSpan Quick = TimeSpan.FromSeconds(1);

    private readonly int _http = ServerProcess.FreePort();
    private ServerProcess _server = null!;
    private string _token = "";

    public async Task InitializeAsync()
    {
        _server = await ServerProcess.Start(ServerProcess.FreePort(), "--auth", "tokens", "--rate", "1000000", "--http", _http.ToString(CultureInfo.InvariantCulture));
        await using var operators = await CmudOperator.ConnectAsync(new CmudClientOptions { Servers = ServerList.Parse(_server.Address) });
        _token = (await operators.CreateTokenAsync("slow", "", [new(Rights.Get | Rights.Put, "")], lifetime: null)).Text;
    }

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [LongFact(FaultRun.RoundsVariable)]
    public async Task Slow_clients_of_RESP_are_cut_within_their_times()
    {
        using var other = await RespSocket.OpenAsync(_server.Port + 2, IPAddress.Parse("127.0.0.2"));
        await other.SayAsync("AUTH", _token);
        await other.SayAsync("SET", "large", new string('v', 60_000));
        var auth = $"AUTH {_token}\r\n";
        var gets = string.Concat(Enumerable.Repeat("GET large\r\n", 20));
        var before = Sockets;
        using var end = new CancellationTokenSource();
        var attacks = Task.WhenAll(Enumerable.Range(0, Slow).Select(i => (i % 4) switch
        {
            0 => AttackAsync("", "GET a\r\n", end.Token),
            1 => AttackAsync(auth + "*2\r\n$3\r\nGET\r\n$1000\r\n", "x", end.Token),
            2 => AttackAsync(auth + gets, "GET large\r\n", end.Token),
            _ => AttackAsync(auth + gets + "QUIT\r\n", "", end.Token),
        }));

        var slowest = TimeSpan.Zero;
        var cut = await AllAreCutAsync(before, async () =>
        {
            var asked = TimeProvider.System.GetTimestamp();
            Assert.Equal(60_000, (await other.SayAsync("GET", "large")).Length);
            slowest = TimeProvider.System.GetElapsedTime(asked) is var took && took > slowest ? took : slowest;
        });

        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Slow} slow clients of RESP, the last cut after {cut.TotalSeconds:0} s; the other one's slowest call {slowest.TotalMilliseconds:0} ms; memory {_server.Memory >> 20} MiB"));
        Assert.InRange(slowest, TimeSpan.Zero, Quick);
        await end.CancelAsync();
        await attacks;
    }

    [LongFact(FaultRun.RoundsVariable)]
    public Task Slow_heads_are_cut() => HttpAsync("-H");

    [LongFact(FaultRun.RoundsVariable)]
    public Task Slow_bodies_are_cut() => HttpAsync("-B", "-t", "PUT", "-s", "60000");

    [LongFact(FaultRun.RoundsVariable)]
    public async Task Slow_readers_are_cut()
    {
        using var other = await RespSocket.OpenAsync(_server.Port + 1);
        await other.SayAsync("AUTH", _token);
        await other.SayAsync("SET", "large", new string('v', 60_000));

        await HttpAsync("-X", "-k", "10", "-n", "5", "-z", "32", "-w", "512", "-y", "1024");
    }

    /// <summary>As slowhttptest does it, which says whether it was served beside them. Whether all were cut the server shows: who reads slowly does not look.</summary>
    private async Task HttpAsync(string mode, params string[] more)
    {
        var before = Sockets;
        string[] all = [mode, "-c", $"{Slow}", "-r", $"{Slow}", "-i", "1", "-l", $"{Longest.TotalSeconds}", "-p", "3", "-u", $"http://127.0.0.1:{_http}/v1/keys/large", "-j", $"a=b\r\nAuthorization: Bearer {_token}", .. more];
        using var process = Process.Start(new ProcessStartInfo("slowhttptest", all) { RedirectStandardOutput = true })!;
        var saying = process.StandardOutput.ReadToEndAsync();

        var cut = await AllAreCutAsync(before, static () => Task.CompletedTask);
        process.Kill();

        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"slowhttptest {mode}: {Slow} connections, the last cut after {cut.TotalSeconds:0} s; memory {_server.Memory >> 20} MiB"));
        var said = await saying;
        Assert.Matches("service available:[^\n]*YES", said);
        Assert.DoesNotMatch("service available:[^\n]*NO", said);
    }

    /// <summary>Waits until the slow connections have come, and are gone; how long that took. What is asked meanwhile is asked ten times a second.</summary>
    private async Task<TimeSpan> AllAreCutAsync(int before, Func<Task> ask)
    {
        var (began, most) = (TimeProvider.System.GetTimestamp(), before);
        // One more is the tool's own look whether it is served.
        while (Sockets is var open && (open > before + 1 || most < before + (Slow / 2)))
        {
            most = Math.Max(most, open);
            Assert.True(TimeProvider.System.GetElapsedTime(began) < Longest, $"{open - before} of {most - before} slow connections are there after {Longest.TotalSeconds} s.");
            await ask();
            // Another process closes them, and tells nobody.
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        }

        return TimeProvider.System.GetElapsedTime(began);
    }

    /// <summary>Sockets that the server has: a client that reads nothing does not hear that it was cut.</summary>
    private int Sockets => Directory.GetFiles($"/proc/{_server.Id}/fd").Count(static file => new FileInfo(file).LinkTarget?.StartsWith("socket:", StringComparison.Ordinal) == true);

    /// <summary>Sends a little every second and reads nothing, until the end.</summary>
    private async Task AttackAsync(string begun, string more, CancellationToken end)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4_096 };
        try
        {
            await socket.ConnectAsync(IPAddress.Loopback, _server.Port + 1, end);
            await socket.SendAsync(Encoding.ASCII.GetBytes(begun), end);
            // Slowness is what is tried.
            using var pace = new PeriodicTimer(TimeSpan.FromSeconds(1));
            while (await pace.WaitForNextTickAsync(end)) await socket.SendAsync(Encoding.ASCII.GetBytes(more), end);
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            // Cut, or not needed any more.
        }
    }
}
