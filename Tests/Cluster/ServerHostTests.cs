using System.Net;
using System.Net.Sockets;
using System.Text;
using Cmud.Grains.Interfaces;
using Cmud.Silo;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Cmud.Tests.Cluster;

public sealed class ServerHostTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Two_servers_in_one_process_serve_RESP_each_from_its_own_query_grains()
    {
        await using var first = await Start(new() { Port = FreePort(), QueryGrains = 2 });
        await using var second = await Start(new() { Port = FreePort(), QueryGrains = 1 });

        var put = await Talk(first, grain: 0, "SET k v\r\nGET k\r\nQUIT\r\n");
        var elsewhere = await Talk(second, grain: 0, "GET k\r\nQUIT\r\n");
        var description = await first.Services.GetRequiredService<IGrainFactory>().GetGrain<IQueryGrain>(1).Describe();

        Assert.Equal("+OK\r\n$1\r\nv\r\n+OK\r\n", put);
        Assert.Equal("$-1\r\n+OK\r\n", elsewhere);
        Assert.Equal(Options(first).Gateway.ToString(), description.Address);
        Assert.Equal((Options(first).Name, 2), (description.Name, description.QueryGrains));
    }

    [Fact]
    public async Task A_port_that_is_taken_after_the_look_fails_the_start_and_nothing_else()
    {
        await using var first = await Start(new() { Port = FreePort(), QueryGrains = 1 });
        await using var second = ServerHost.Build(Options(first));

        await Assert.ThrowsAnyAsync<Exception>(() => second.StartAsync()).WaitAsync(Patience);

        Assert.Equal("+PONG\r\n+OK\r\n", await Talk(first, grain: 0, "PING\r\nQUIT\r\n"));
    }

    [Fact]
    public async Task A_stopping_server_lets_idle_RESP_clients_go()
    {
        await using var server = await Start(new() { Port = FreePort(), QueryGrains = 1 });
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, Options(server).RespPort(0));
        await client.GetStream().WriteAsync("PING\r\n"u8.ToArray());
        var pong = new byte[7];
        await client.GetStream().ReadExactlyAsync(pong);

        await server.StopAsync().WaitAsync(Patience);

        Assert.Equal(0, await client.GetStream().ReadAsync(pong).AsTask().WaitAsync(Patience));
    }

    [Fact]
    public void Options_that_make_no_server_are_refused() =>
        Assert.Equal("options", Assert.Throws<ArgumentException>(() => ServerHost.Build(new() { Port = 0 })).ParamName);

    private static async Task<WebApplication> Start(ServerOptions options)
    {
        var server = ServerHost.Build(options, silo => silo.Services.AddSingleton(options));
        await server.StartAsync().WaitAsync(Patience);
        return server;
    }

    private static ServerOptions Options(WebApplication server) => server.Services.GetRequiredService<ServerOptions>();

    private static async Task<string> Talk(WebApplication server, int grain, string commands)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, Options(server).RespPort(grain));
        await client.GetStream().WriteAsync(Encoding.UTF8.GetBytes(commands));
        using var reader = new StreamReader(client.GetStream());
        return await reader.ReadToEndAsync().WaitAsync(Patience);
    }

    /// <summary>A port with a few free ones after it.</summary>
    private static int FreePort() => Ports.ForNext(new() { Port = 20_000 + Ports.AnyFree() % 10_000, QueryGrains = 1 });
}
