using System.Net;
using Cmud.Grains;
using Cmud.Grains.Interfaces;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Ports = Cmud.Silo.Ports;

namespace Cmud.Tests.Acceptance;

/// <summary>A server of the store in this process, on real loopback sockets, that notes every query and can hold them back.</summary>
internal sealed class ObservedServer : IAsyncDisposable
{
    private readonly int _port = Ports.AnyFree();
    private readonly int _queryGrains;
    private IHost? _host;

    private ObservedServer(int queryGrains)
    {
        _queryGrains = queryGrains;
        Wire = new(_port);
        Address = new(IPAddress.Loopback.ToString(), Wire.Port);
    }

    /// <summary>Where clients reach it.</summary>
    public ServerAddress Address { get; }

    /// <summary>What lies between it and them.</summary>
    public Wire Wire { get; }

    /// <summary>Every query that arrived, in this order.</summary>
    public QueryLog Queries { get; } = new();

    public static async Task<ObservedServer> StartAsync(int queryGrains = 2)
    {
        var server = new ObservedServer(queryGrains);
        await server.StartAsync();
        return server;
    }

    /// <summary>Starts, or starts again, empty and on the same port.</summary>
    public async Task StartAsync()
    {
        var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Logging.ClearProviders();
        builder.UseOrleans(silo =>
        {
            silo.UseLocalhostClustering(Ports.AnyFree(), Wire.Port, serviceId: StoreCluster.ServiceId, clusterId: StoreCluster.ClusterId);
            // It tells the wire's port as its own, as it must: a gateway that is dialled by another address than it knows refuses system calls.
            silo.Configure<EndpointOptions>(endpoints => endpoints.GatewayListeningEndpoint = new(IPAddress.Loopback, _port));
            silo.AddIncomingGrainCallFilter(Queries);
            silo.Services.AddSingleton<IFatalErrorHandler>(new SurvivingHandler());
            silo.AddStore(options => (options.Name, options.QueryGrains) = ($"server-{Address.Port}", _queryGrains));
        });
        _host = builder.Build();
        await _host.StartAsync();
        Wire.Open();
    }

    /// <summary>Dies, as seen from outside: connections end at once, and nothing under way is answered.</summary>
    public async Task KillAsync()
    {
        Wire.Cut();
        // A silo does not stop while a query is held.
        Queries.Release();
        if (_host is null) return;

        try
        {
            await _host.StopAsync(new CancellationToken(canceled: true));
        }
        catch (OperationCanceledException)
        {
            // It was told not to wait.
        }

        _host.Dispose();
        _host = null;
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        await Wire.DisposeAsync();
    }

    /// <summary>Orleans' own ends the process, and with it all other tests.</summary>
    private sealed class SurvivingHandler : IFatalErrorHandler
    {
        public bool IsUnexpected(Exception exception) => true;

        public void OnFatalException(object? sender, string? context, Exception? exception)
        {
        }
    }
}

/// <summary>A Get, Put, Delete or List as the server received it, alone or in a batch.</summary>
internal sealed record Query(string Method, long Grain, object Request)
{
    /// <summary>The queries in a call; none where it is another.</summary>
    public static IReadOnlyList<Query> In(IIncomingGrainCallContext context)
    {
        if (context.InterfaceMethod.DeclaringType != typeof(IQueryGrain) || context.Request.GetArgumentCount() == 0) return [];

        var (grain, argument) = (context.TargetId.GetIntegerKey(), context.Request.GetArgument(0)!);
        if (argument is not PackedRequest packed) return [new(context.MethodName, grain, argument)];

        var batch = BatchCalls.Unpack(packed);
        return [.. batch.Operations.Select(operation => new Query(operation.Kind.ToString(), grain, operation.Kind switch
        {
            OperationKind.Get => new GetRequest(operation.Key, batch.Seen),
            OperationKind.Put => new PutRequest(operation.Key, operation.Value!, batch.Seen, operation.TimeToLive),
            OperationKind.Delete => new DeleteRequest(operation.Key, batch.Seen),
            _ => new ListRequest(operation.Key, operation.After, operation.Limit, batch.Seen),
        }))];
    }
}

/// <summary>Notes the queries of clients; while it holds, they arrive and are not answered.</summary>
internal sealed class QueryLog : IIncomingGrainCallFilter
{
    private readonly Lock _gate = new();
    private readonly List<Query> _queries = [];
    private readonly List<(int Count, TaskCompletionSource Arrived)> _waiters = [];
    private TaskCompletionSource? _held;

    public IReadOnlyList<Query> All
    {
        get
        {
            lock (_gate) return [.. _queries];
        }
    }

    /// <summary>From now on queries arrive, but stay unanswered until <see cref="Release"/>.</summary>
    public void Hold()
    {
        lock (_gate) _held ??= new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    public void Release()
    {
        lock (_gate)
        {
            _held?.TrySetResult();
            _held = null;
        }
    }

    /// <summary>Completes when so many queries have arrived since the start.</summary>
    public Task ArrivedAsync(int count)
    {
        lock (_gate)
        {
            if (_queries.Count >= count) return Task.CompletedTask;

            var arrived = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiters.Add((count, arrived));
            return arrived.Task.WaitAsync(TimeSpan.FromSeconds(10), TimeProvider.System);
        }
    }

    public async Task Invoke(IIncomingGrainCallContext context)
    {
        if (Query.In(context) is { Count: > 0 } queries && Note(queries) is { } held) await held.Task;
        await context.Invoke();
    }

    private TaskCompletionSource? Note(IReadOnlyList<Query> queries)
    {
        lock (_gate)
        {
            _queries.AddRange(queries);
            foreach (var (count, arrived) in _waiters)
            {
                if (_queries.Count >= count) arrived.TrySetResult();
            }

            return _held;
        }
    }
}
