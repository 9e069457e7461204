using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Cmud.Tests.Faults;

/// <summary>One client that asks far too much, by both protocols, in pipelines: what it costs is the server's, not its own.</summary>
internal sealed class Flood : IDisposable
{
    /// <summary>Requests that go in one write.</summary>
    private const int Pipeline = 50;

    /// <summary>Connections of each protocol.</summary>
    private const int Connections = 2;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly List<Connection> _connections = [];

    /// <summary>Requests that were carried out.</summary>
    public int Answered => _connections.Sum(static one => one.Answered);

    /// <summary>Requests that were told to come later.</summary>
    public int Refused => _connections.Sum(static one => one.Refused);

    /// <summary>Connects.</summary>
    /// <param name="resp">Port of loopback.</param>
    /// <param name="http">Port of loopback.</param>
    /// <param name="token">Of the client.</param>
    public static async Task<Flood> OpenAsync(int resp, int http, string token)
    {
        var flood = new Flood();
        for (var i = 0; i < Connections; i++)
        {
            flood._connections.Add(await Connection.OpenAsync(resp, "GET absent\r\n", answer: "$-1", refusal: "-BUSY"));
            await flood._connections[^1].AskAsync($"AUTH {token}\r\n", "+OK");
            flood._connections.Add(await Connection.OpenAsync(http, $"GET /v1/keys/absent HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\r\n", "HTTP/1.1 404", "HTTP/1.1 "));
        }

        return flood;
    }

    /// <summary>Asks, on each connection when the last pipeline is answered, and all together no more than <paramref name="rate"/> times a second.</summary>
    public async Task RunAsync(int rate, CancellationToken end)
    {
        var between = TimeSpan.FromSeconds((double)Pipeline * _connections.Count / rate);
        await Task.WhenAll(_connections.Select(async one =>
        {
            // The rate is what is wanted.
            using var pace = new PeriodicTimer(between);
            while (!end.IsCancellationRequested)
            {
                await one.AskAsync().WaitAsync(Patience, CancellationToken.None);
                await pace.WaitForNextTickAsync(CancellationToken.None);
            }
        }));
    }

    public void Dispose() => _connections.ForEach(static one => one.Dispose());

    private sealed class Connection : IDisposable
    {
        private readonly TcpClient _client;
        private readonly StreamReader _replies;
        private readonly byte[] _pipeline;
        private readonly string _answer;
        private readonly string _refusal;

        private Connection(TcpClient client, string request, string answer, string refusal)
        {
            (_client, _answer, _refusal) = (client, answer, refusal);
            _replies = new(client.GetStream(), Encoding.ASCII);
            _pipeline = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat(request, Pipeline)));
        }

        public int Answered { get; private set; }

        public int Refused { get; private set; }

        public static async Task<Connection> OpenAsync(int port, string request, string answer, string refusal)
        {
            var client = new TcpClient { NoDelay = true };
            await client.ConnectAsync(IPAddress.Loopback, port);
            return new(client, request, answer, refusal);
        }

        public async Task AskAsync(string request, string answer)
        {
            await _client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(request));
            var line = await _replies.ReadLineAsync();
            if (line != answer) throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"The answer was {line}."));
        }

        /// <summary>A pipeline, and its answers. Bodies end without a line's end, so what counts may stand anywhere in a line.</summary>
        public async Task AskAsync()
        {
            await _client.GetStream().WriteAsync(_pipeline);
            for (var left = Pipeline; left > 0;)
            {
                var line = await _replies.ReadLineAsync() ?? throw new IOException("The server hung up.");
                // The server may also say that it is busy with others.
                if (line.Contains(_answer, StringComparison.Ordinal)) Answered++;
                else if (line.Contains(_refusal, StringComparison.Ordinal)) Refused++;
                else continue;

                left--;
            }
        }

        public void Dispose()
        {
            _replies.Dispose();
            _client.Dispose();
        }
    }
}
