using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Cmud.Client;
using Cmud.Grains.Interfaces.Access;
using Cmud.Tests.Cluster;
using Xunit;
using Xunit.Abstractions;

namespace Cmud.Tests.Faults;

/// <summary>Row 36: one client that asks for far too much, by RESP and HTTP, with thousands of connections; and another one that asks as it may.</summary>
public sealed class FloodFaults(ITestOutputHelper output) : IAsyncLifetime
{
    /// <summary>Of the other one's calls, at p99.</summary>
    private static readonly TimeSpan Quick = TimeSpan.FromMilliseconds(100);

    /// <summary>Operations a second that a token may ask for.</summary>
    private const int Rate = 500;

    /// <summary>Requests a second that one asks.</summary>
    private const int FloodRate = 10_000;

    private const int Idle = 2_000;
    private const long MostMemory = 512L << 20;

    private static readonly bool IsLong = FaultRun.Rounds > 2;

    private readonly int _http = ServerProcess.FreePort();
    private ServerProcess _server = null!;
    private string _flooder = "";
    private string _other = "";

    public async Task InitializeAsync()
    {
        _server = await ServerProcess.Start(ServerProcess.FreePort(), "--auth", "tokens", "--rate", Text(Rate), "--http", Text(_http));
        await using var operators = await CmudOperator.ConnectAsync(new CmudClientOptions { Servers = ServerList.Parse(_server.Address) });
        _flooder = (await operators.CreateTokenAsync("flooder", "", [new(Rights.Get | Rights.Put, "")], lifetime: null)).Text;
        _other = (await operators.CreateTokenAsync("other", "", [new(Rights.Get | Rights.Put, "")], lifetime: null)).Text;
    }

    public async Task DisposeAsync() => await _server.DisposeAsync();

    [Fact]
    public async Task One_is_told_that_it_asks_for_too_much_and_the_other_notices_nothing()
    {
        using var end = new CancellationTokenSource();
        using var flood = await Flood.OpenAsync(_server.Port + 1, _http, _flooder);
        var idle = new List<Socket>();
        try
        {
            for (var i = 0; i < Idle; i++)
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                idle.Add(socket);
                await socket.ConnectAsync("127.0.0.1", _server.Port + 1);
            }

            var (began, worked) = (TimeProvider.System.GetTimestamp(), _server.Worked);
            var flooding = flood.RunAsync(FloodRate, end.Token);
            var times = await AskAsync();
            await end.CancelAsync();
            await flooding;

            var took = TimeProvider.System.GetElapsedTime(began);
            var perSecond = (flood.Answered + flood.Refused) / took.TotalSeconds;
            var p99 = times[(int)(times.Count * 0.99)];
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Row 36: {perSecond:0} requests a second of the flood, {flood.Answered} answered, {flood.Refused} refused; the other one's p50 {times[times.Count / 2].TotalMilliseconds:0.0} ms, p99 {p99.TotalMilliseconds:0.0} ms, max {times[^1].TotalMilliseconds:0.0} ms; the server's processor {100 * (_server.Worked - worked) / took:0} %, memory {_server.Memory >> 20} MiB"));
            Assert.True(flood.Refused > flood.Answered, $"{flood.Answered} requests of the flood were answered, and {flood.Refused} refused.");
            Assert.InRange(flood.Answered, 1, Rate * (took.TotalSeconds + 2));
            Assert.InRange(_server.Memory, 1, MostMemory);
            // Where nothing else runs, and for longer than one may be there without a token.
            if (!IsLong) return;

            Assert.DoesNotContain(idle, static socket => !socket.Poll(0, SelectMode.SelectRead));

            Assert.InRange(perSecond, 0.95 * FloodRate, double.MaxValue);
            Assert.InRange(p99, TimeSpan.Zero, Quick);
        }
        finally
        {
            foreach (var socket in idle) socket.Dispose();
        }
    }

    [Fact]
    public async Task Over_RESP_too_much_is_busy_and_the_connection_lives_on()
    {
        using var talk = await RespSocket.OpenAsync(_server.Port + 1);
        await talk.SayAsync("AUTH", _flooder);
        var replies = new List<string>();
        for (var i = 0; i < Rate + 50 && !replies.Exists(IsBusy); i++) replies.Add(await talk.SayAsync("MSET", "a", "1", "b", "2", "c", "3", "d", "4"));

        Assert.Contains(replies, IsBusy);
        Assert.Equal("PONG", await talk.SayAsync("PING"));

        static bool IsBusy(string reply) => reply.StartsWith("BUSY The token", StringComparison.Ordinal);
    }

    /// <summary>The other one's calls, in the order of the time that they took.</summary>
    private async Task<List<TimeSpan>> AskAsync()
    {
        using var talk = await RespSocket.OpenAsync(_server.Port + 2, IPAddress.Parse("127.0.0.2"));
        Assert.Equal("OK", await talk.SayAsync("AUTH", _other));
        Assert.Equal("OK", await talk.SayAsync("SET", "k", "v"));
        var times = new List<TimeSpan>();
        for (var i = 0; i < (IsLong ? 4_000 : 300); i++)
        {
            var began = TimeProvider.System.GetTimestamp();
            Assert.Equal("v", await talk.SayAsync("GET", "k"));
            times.Add(TimeProvider.System.GetElapsedTime(began));
            // Below what it may ask.
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);
        }

        times.Sort();
        return times;
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
