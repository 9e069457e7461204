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

    private const int Rate = 500;
    private const int Idle = 2_000;
    private const long MostMemory = 512L << 20;

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
        var idle = new List<Socket>();
        try
        {
            for (var i = 0; i < Idle; i++)
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                idle.Add(socket);
                await socket.ConnectAsync("127.0.0.1", _server.Port + 1);
            }

            var floods = Task.WhenAll(Enumerable.Range(0, 8).Select(_ => FloodAsync(end.Token)));
            using var talk = await RespSocket.OpenAsync(_server.Port + 2, IPAddress.Parse("127.0.0.2"));
            Assert.Equal("OK", await talk.SayAsync("AUTH", _other));
            Assert.Equal("OK", await talk.SayAsync("SET", "k", "v"));
            var times = new List<TimeSpan>();
            for (var i = 0; i < 400; i++)
            {
                var began = TimeProvider.System.GetTimestamp();
                Assert.Equal("v", await talk.SayAsync("GET", "k"));
                times.Add(TimeProvider.System.GetElapsedTime(began));
                // Below what it may ask.
                await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);
            }

            await end.CancelAsync();
            var (answered, refused) = (await floods).Aggregate(static (a, b) => (a.Answered + b.Answered, a.Refused + b.Refused));
            times.Sort();
            Assert.True(refused > answered, $"{answered} requests of the flood were answered, and {refused} refused.");
            var p99 = times[(int)(times.Count * 0.99)];
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Row 36: {answered} requests of the flood answered, {refused} refused; the other one's p50 {times[times.Count / 2].TotalMilliseconds:0.0} ms, p99 {p99.TotalMilliseconds:0.0} ms; memory {_server.Memory >> 20} MiB"));
            Assert.InRange(_server.Memory, 1, MostMemory);
            // Where nothing else runs.
            if (FaultRun.Rounds > 2) Assert.InRange(p99, TimeSpan.Zero, Quick);
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

    /// <summary>Asks as fast as it is answered, on one connection.</summary>
    private async Task<(int Answered, int Refused)> FloodAsync(CancellationToken cancellationToken)
    {
        var (answered, refused) = (0, 0);
        using var http = new HttpClient();
        http.DefaultRequestHeaders.Authorization = new("Bearer", _flooder);
        while (!cancellationToken.IsCancellationRequested)
        {
            using var response = await http.GetAsync($"http://127.0.0.1:{Text(_http)}/v1/keys/k", CancellationToken.None);
            if (response.StatusCode == HttpStatusCode.TooManyRequests)
            {
                Assert.NotNull(response.Headers.RetryAfter);
                refused++;
            }
            else
            {
                answered++;
            }
        }

        return (answered, refused);
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
