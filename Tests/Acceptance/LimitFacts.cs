using System.Net.Sockets;
using System.Text;
using Cmud.Client;
using Cmud.Replication;
using Cmud.Tests.Acceptance.Harness;
using Xunit;
using Xunit.Abstractions;

namespace Cmud.Tests.Acceptance;

/// <summary>The largest and the strangest that the store takes, and what is beyond: on two servers, through clients and through RESP.</summary>
public sealed class LimitFacts(LimitFacts.Pair pair, ITestOutputHelper output) : IClassFixture<LimitFacts.Pair>
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(15);

    [Fact]
    public async Task Row_30_a_long_List_during_writes_shows_every_key_that_stays_exactly_once()
    {
        const int stable = 100_000;
        var grain = pair.Mesh.Grains[0];
        var keys = Enumerable.Range(0, stable).Select(key => $"long/{key:000000}").ToArray();
        foreach (var some in keys.Chunk(4_096)) await grain.PutAllAsync(some.Select(key => new KeyValuePair<string, string>(key, key)));
        using var end = new CancellationTokenSource();
        var (puts, gets) = (0, new List<double>());

        // New ones come before and behind the place of the List, and go again; and one is read.
        var disturbing = Task.Run(async () =>
        {
            var chance = new Random(30);
            for (; !end.IsCancellationRequested; puts++)
            {
                var key = $"{keys[chance.Next(stable)]}+{chance.Next(3)}";
                if (puts % 3 == 2) await grain.DeleteAsync(key);
                else await grain.PutAsync(key, "passing");
                var began = TimeProvider.System.GetTimestamp();
                Assert.Equal(keys[0], await grain.GetAsync(keys[0]));
                gets.Add(TimeProvider.System.GetElapsedTime(began).TotalMilliseconds);
            }
        });
        // A key that came twice would be refused by the dictionary that holds the listed ones.
        var listed = new Dictionary<string, string>();
        await foreach (var (key, value) in pair.Client.ListAsync("long/")) listed.Add(key, value);
        await end.CancelAsync();
        await disturbing;

        Assert.Equal(keys, listed.Keys.Where(key => !key.Contains('+', StringComparison.Ordinal)));
        Assert.True(puts > 10, $"Only {puts} writes were made meanwhile: nothing was tried.");
        output.WriteLine(FormattableString.Invariant($"a List of {listed.Count} keys during {puts} writes; Get meanwhile p99 {gets.Order().ElementAt(gets.Count * 99 / 100):0.0} ms"));
    }

    [Fact]
    public async Task Row_31_keys_and_values_are_taken_up_to_their_limits_and_not_a_byte_beyond()
    {
        foreach (var (key, value) in new[] { ("k", Door.MaxValueBytes), ("k", 0), (new string('k', Door.MaxKeyBytes), 1), (new string('é', Door.MaxKeyBytes / 2), 1) })
        {
            var text = new string('v', value);
            await pair.Client.WaitVisibleAsync(await pair.Client.PutAsync(key, text), Visibility.Everywhere, Limit);
            foreach (var grain in pair.Mesh.Grains) Assert.Equal(text, await grain.GetAsync(key));
        }

        foreach (var (key, value) in new[] { ("", 1), (new string('k', Door.MaxKeyBytes + 1), 1), ("k", Door.MaxValueBytes + 1) })
        {
            var refusal = await Assert.ThrowsAsync<CmudException>(async () => await pair.Client.PutAsync(key, new string('v', value)));
            Assert.Equal(CmudFailure.Refused, refusal.Failure);
        }

        // Not before a hundred megabytes have come: at their announcement.
        Assert.StartsWith("-ERR Protocol error: a bulk string of 104,857,600 bytes", await pair.TalkAsync(1, "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$104857600\r\n"), StringComparison.Ordinal);
    }

    /// <summary>What is refused is tried in DoorTests, character by character.</summary>
    [Theory]
    [InlineData("right to left \u202E\u200F mark")]
    [InlineData("\u0065\u0301 and \u00E9")]
    [InlineData("\u00E9 and \u0065\u0301")]
    [InlineData("\U0001F600\uFFFD\uFFFF\uFEFF")]
    public async Task Row_32_text_is_the_same_to_the_byte_on_every_server_and_through_RESP(string text)
    {
        var bytes = Encoding.UTF8.GetByteCount(text);

        await pair.Client.WaitVisibleAsync(await pair.Client.PutAsync(text, $"{text}\0\r\n"), Visibility.Everywhere, Limit);

        foreach (var grain in pair.Mesh.Grains) Assert.Equal($"{text}\0\r\n", await grain.GetAsync(text));
        // The other server, through RESP: key and value by their bytes.
        Assert.Equal($"${bytes + 3}\r\n{text}\0\r\n\r\n", await pair.TalkAsync(1, $"*2\r\n$3\r\nGET\r\n${bytes}\r\n{text}\r\n"));
        Assert.Contains(text, (await pair.Mesh.Grains[^1].ListAsync("")).Keys);
    }

    /// <summary>Two servers of two grains.</summary>
    public sealed class Pair : IAsyncLifetime
    {
        internal Mesh Mesh { get; private set; } = null!;

        internal CmudClient Client { get; private set; } = null!;

        public async Task InitializeAsync()
        {
            Mesh = await Mesh.StartAsync(network: null, 2, 2);
            Client = await Mesh.Servers[0].ConnectAsync();
        }

        /// <summary>Says something to a server's first RESP port, and good-bye; gives all that it answers before that.</summary>
        internal async Task<string> TalkAsync(int server, string words)
        {
            const string goodbye = "*1\r\n$4\r\nQUIT\r\n";
            using var connection = new TcpClient();
            await connection.ConnectAsync(Mesh.Servers[server].Address.Host, Mesh.Servers[server].Address.Port + 1);
            var stream = connection.GetStream();
            await stream.WriteAsync(Encoding.UTF8.GetBytes(words + goodbye));
            using var reader = new StreamReader(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), detectEncodingFromByteOrderMarks: false);
            var said = await reader.ReadToEndAsync().WaitAsync(Limit);
            return said.EndsWith("+OK\r\n", StringComparison.Ordinal) ? said[..^5] : said;
        }

        public async Task DisposeAsync()
        {
            await Client.DisposeAsync();
            await Mesh.DisposeAsync();
        }
    }
}
